using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using R1Lab.Data;
using R1Lab.Engine;
using R1Lab.Web.Components;

namespace R1Lab.Web.Tests;

/// <summary>The rules between the rooms, read from the compiled assemblies.</summary>
public sealed class LayeringTests
{
    private static readonly string[] WebAndRecords = ["Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "R1Lab."];

    [Fact]
    public void Engine_References_NoWebNoDatabaseNothingOfOurs()
    {
        var references = References(typeof(Problem).Assembly);

        Assert.DoesNotContain(references, name => WebAndRecords.Any(start => name.StartsWith(start, StringComparison.Ordinal)));
    }

    [Fact]
    public void Data_References_NoTensorsAndNothingOfOurs()
    {
        var references = References(typeof(LabDbContext).Assembly);

        Assert.DoesNotContain(references, name => name.StartsWith("TorchSharp", StringComparison.Ordinal) || name.StartsWith("R1Lab.", StringComparison.Ordinal));
    }

    [Fact]
    public void Types_OfAllRooms_HaveNamesOfTheirOwn()
    {
        var names = new[] { typeof(Problem).Assembly, typeof(LabDbContext).Assembly, typeof(App).Assembly }.SelectMany(assembly => assembly.GetTypes())
            .Where(type => !type.IsNested && type.Namespace?.StartsWith("R1Lab", StringComparison.Ordinal) == true && type.Namespace != "R1Lab.Data.Migrations" && type.Name is not ("_Imports" or "Program") && !type.Name.Contains('<', StringComparison.Ordinal));

        Assert.Empty(names.GroupBy(type => type.Name.Split('`')[0]).Where(named => named.Select(type => type.FullName!.Split('`')[0]).Distinct().Count() > 1).Select(named => named.Key));
    }

    [Fact]
    public void Pages_Use_NeitherTrainerNorTensorsNorTheDatabaseContext()
    {
        var used = new ComponentReferences(typeof(App).Assembly.Location).Types();

        var forbidden = used.Where(use => use.Type is "R1Lab.Engine.Training.Trainer" or "R1Lab.Data.LabDbContext"
            || use.Type.StartsWith("TorchSharp", StringComparison.Ordinal) || use.Type.StartsWith("R1Lab.Engine.Modeling.", StringComparison.Ordinal));
        Assert.Empty(forbidden);
    }

    [Fact]
    public void ComponentReferences_OfThisRoom_SeeWhatPagesUse()
    {
        var used = new ComponentReferences(typeof(App).Assembly.Location).Types();

        Assert.Contains(used, use => use is { Page: "R1Lab.Web.Components.Pages.Administration.Users", Type: "R1Lab.Data.Access.UserStore" });
    }

    private static List<string> References(Assembly assembly) => [.. assembly.GetReferencedAssemblies().Select(name => name.Name!)];

    /// <summary>Which foreign types the components name: in fields, signatures and the code of their methods.</summary>
    private sealed class ComponentReferences(string path)
    {
        private const string Room = "R1Lab.Web.Components";

        public List<(string Page, string Type)> Types()
        {
            using var file = new PEReader(File.OpenRead(path));
            var metadata = file.GetMetadataReader();
            return [.. metadata.TypeDefinitions.SelectMany(handle => Uses(file, metadata, handle)).Distinct()];
        }

        private static IEnumerable<(string Page, string Type)> Uses(PEReader file, MetadataReader metadata, TypeDefinitionHandle handle)
        {
            var page = Owner(metadata, handle);
            if (!page.StartsWith(Room, StringComparison.Ordinal)) return [];
            var type = metadata.GetTypeDefinition(handle);
            var names = new TypeNames(metadata);
            var used = type.GetFields().SelectMany(field => names.Collect(decoder => metadata.GetFieldDefinition(field).DecodeSignature(decoder, null)))
                .Concat(type.GetMethods().SelectMany(method => MethodUses(file, metadata, names, metadata.GetMethodDefinition(method))));
            return used.Select(name => (page, name));
        }

        private static IEnumerable<string> MethodUses(PEReader file, MetadataReader metadata, TypeNames names, MethodDefinition method)
        {
            foreach (var name in names.Collect(decoder => method.DecodeSignature(decoder, null))) yield return name;
            if (method.RelativeVirtualAddress == 0) yield break;
            var body = file.GetMethodBody(method.RelativeVirtualAddress);
            if (!body.LocalSignature.IsNil)
            {
                foreach (var name in names.Collect(decoder => metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(decoder, null))) yield return name;
            }

            // Every token an instruction can carry is a valid handle of these tables; other four-byte runs almost never are, and a stray hit only names a type we do use.
            var code = body.GetILBytes()!;
            for (var at = 1; at + 4 <= code.Length; at++)
            {
                foreach (var name in TokenUses(metadata, names, BitConverter.ToInt32(code, at), code[at - 1])) yield return name;
            }
        }

        // call, jmp, newobj, callvirt, ldfld..stsfld, castclass, isinst, newarr, ldtoken and the 0xFE-prefixed ldftn, ldvirtftn.
        private static IEnumerable<string> TokenUses(MetadataReader metadata, TypeNames names, int token, byte instruction)
        {
            if (instruction is not (0x28 or 0x27 or 0x73 or 0x6F or (>= 0x7B and <= 0x80) or 0x74 or 0x75 or 0x8D or 0xD0 or 0x06 or 0x07)) return [];
            var table = (TableIndex)(token >> 24);
            var row = token & 0xFFFFFF;
            if (table is not (TableIndex.MemberRef or TableIndex.TypeRef or TableIndex.MethodSpec or TableIndex.TypeSpec) || row == 0 || row > metadata.GetTableRowCount(table)) return [];
            return names.Of(MetadataTokens.EntityHandle(token));
        }

        private static string Owner(MetadataReader metadata, TypeDefinitionHandle handle)
        {
            var type = metadata.GetTypeDefinition(handle);
            while (!type.GetDeclaringType().IsNil) type = metadata.GetTypeDefinition(type.GetDeclaringType());
            return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
        }
    }

    /// <summary>Collects the full names of all types a signature mentions.</summary>
    private sealed class TypeNames(MetadataReader metadata) : ISignatureTypeProvider<string, object?>
    {
        private readonly List<string> _found = [];

        public IReadOnlyList<string> Collect(Action<TypeNames> decode)
        {
            _found.Clear();
            decode(this);
            return [.. _found];
        }

        public IReadOnlyList<string> Of(EntityHandle handle) => Collect(_ => Add(handle));

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            var type = reader.GetTypeReference(handle);
            var outer = type.ResolutionScope.Kind == HandleKind.TypeReference ? GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, 0) + "+" : "";
            var name = outer.Length > 0 ? outer + reader.GetString(type.Name) : $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
            _found.Add(name);
            return name;
        }

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => "";

        public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public string GetArrayType(string elementType, ArrayShape shape) => elementType;

        public string GetByReferenceType(string elementType) => elementType;

        public string GetFunctionPointerType(MethodSignature<string> signature) => "";

        public string GetGenericInstantiation(string genericType, System.Collections.Immutable.ImmutableArray<string> typeArguments) => genericType;

        public string GetGenericMethodParameter(object? genericContext, int index) => "";

        public string GetGenericTypeParameter(object? genericContext, int index) => "";

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

        public string GetPinnedType(string elementType) => elementType;

        public string GetPointerType(string elementType) => elementType;

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => "";

        public string GetSZArrayType(string elementType) => elementType;

        private void Add(EntityHandle handle)
        {
            switch (handle.Kind)
            {
                case HandleKind.TypeReference:
                    GetTypeFromReference(metadata, (TypeReferenceHandle)handle, 0);
                    break;
                case HandleKind.TypeSpecification:
                    GetTypeFromSpecification(metadata, null, (TypeSpecificationHandle)handle, 0);
                    break;
                case HandleKind.MethodSpecification:
                    var method = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                    method.DecodeSignature(this, null);
                    Add(method.Method);
                    break;
                case HandleKind.MemberReference:
                    var member = metadata.GetMemberReference((MemberReferenceHandle)handle);
                    Add(member.Parent);
                    if (member.GetKind() == MemberReferenceKind.Method) member.DecodeMethodSignature(this, null);
                    else member.DecodeFieldSignature(this, null);
                    break;
            }
        }
    }
}
