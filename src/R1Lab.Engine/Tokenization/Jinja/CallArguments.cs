namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>The arguments of a call: by place and by name.</summary>
internal sealed record CallArguments(IReadOnlyList<object?> Places, IReadOnlyDictionary<string, object?> Names)
{
    public static CallArguments None { get; } = new([], new Dictionary<string, object?>());

    /// <summary>The same arguments without the first so many places.</summary>
    public CallArguments Skip(int count) => this with { Places = [.. Places.Skip(count)] };
}
