using System.Text;
using System.Text.Json.Nodes;

namespace R1Lab.Tests.Shared;

/// <summary>Writes a safetensors file again with other tensors in it; the file stays a valid one.</summary>
internal static class WeightEdits
{
    internal sealed record Stored(string Name, string Format, long[] Shape, byte[] Bytes);

    /// <summary>Gives one tensor another element type; its values are zero then.</summary>
    public static void StoreAs(string file, string tensor, string format, int bytesPerElement) => Edit(file, all => all.Select(one =>
        one.Name == tensor ? one with { Format = format, Bytes = new byte[one.Shape.Aggregate(1L, (product, size) => product * size) * bytesPerElement] } : one));

    /// <summary>Gives one float32 tensor another shape of zeros.</summary>
    public static void Reshape(string file, string tensor, params long[] shape) =>
        Edit(file, all => all.Select(one => one.Name == tensor ? Zeros(tensor, shape) : one));

    public static void Remove(string file, string tensor) => Edit(file, all => all.Where(one => one.Name != tensor));

    /// <summary>Adds a float32 tensor of zeros.</summary>
    public static void Add(string file, string tensor, params long[] shape) => Edit(file, all => all.Append(Zeros(tensor, shape)));

    private static Stored Zeros(string tensor, long[] shape) => new(tensor, "F32", shape, new byte[shape.Aggregate(4L, (product, size) => product * size)]);

    private static void Edit(string file, Func<IEnumerable<Stored>, IEnumerable<Stored>> edit)
    {
        var header = new JsonObject();
        using var data = new MemoryStream();
        foreach (var tensor in edit(Read(File.ReadAllBytes(file))))
        {
            header[tensor.Name] = new JsonObject
            {
                ["dtype"] = tensor.Format,
                ["shape"] = new JsonArray([.. tensor.Shape.Select(size => JsonValue.Create(size))]),
                ["data_offsets"] = new JsonArray(data.Length, data.Length + tensor.Bytes.Length),
            };
            data.Write(tensor.Bytes);
        }

        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        File.WriteAllBytes(file, [.. BitConverter.GetBytes((long)json.Length), .. json, .. data.ToArray()]);
    }

    private static List<Stored> Read(byte[] bytes)
    {
        var start = 8 + (int)BitConverter.ToInt64(bytes);
        var header = JsonNode.Parse(bytes.AsSpan(8..start))!.AsObject();
        return [.. header.Where(one => one.Key != "__metadata__").Select(one =>
        {
            var (from, to) = (one.Value!["data_offsets"]![0]!.GetValue<int>(), one.Value["data_offsets"]![1]!.GetValue<int>());
            return new Stored(one.Key, one.Value["dtype"]!.GetValue<string>(), [.. one.Value["shape"]!.AsArray().Select(size => size!.GetValue<long>())], bytes[(start + from)..(start + to)]);
        })];
    }
}
