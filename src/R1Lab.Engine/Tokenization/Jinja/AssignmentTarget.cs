using System.Runtime.CompilerServices;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>What a value is put into: a name, a member of a namespace, or several of these.</summary>
internal abstract class AssignmentTarget
{
    public abstract void Assign(object? value, RenderContext context);
}

internal sealed class NameTarget(string name) : AssignmentTarget
{
    public override void Assign(object? value, RenderContext context) => context.Scope.Set(name, value);
}

internal sealed class NamespaceTarget(string name, string member) : AssignmentTarget
{
    public override void Assign(object? value, RenderContext context)
    {
        if (!context.Scope.TryGet(name, out var found) || found is not JinjaNamespace space) throw new JinjaException($"cannot set {name}.{member}: {name} is not a namespace");
        space.Members[member] = value;
    }
}

internal sealed class TupleTarget(IReadOnlyList<AssignmentTarget> parts) : AssignmentTarget
{
    public override void Assign(object? value, RenderContext context)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var items = PythonOperators.Items(value, context.Limits);
        if (items.Count != parts.Count) throw new JinjaException($"{parts.Count} values are needed, there are {items.Count}");
        for (var index = 0; index < parts.Count; index++) parts[index].Assign(items[index], context);
    }
}
