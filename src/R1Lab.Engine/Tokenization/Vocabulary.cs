using System.Text.Json;

namespace R1Lab.Engine.Tokenization;

/// <summary>The tokens of the byte pair model and their ids, one to one.</summary>
internal sealed class Vocabulary
{
    /// <summary>An id beyond this is a broken file, not a vocabulary; it would cost memory for nothing.</summary>
    public const int LargestId = (1 << 22) - 1;

    /// <summary>Published vocabularies reach 128; a longer token would make much text of each id in a request.</summary>
    private const int LongestToken = 1_024;

    private readonly Dictionary<string, int> _ids;
    private readonly string?[] _tokens;

    private Vocabulary(Dictionary<string, int> ids, string?[] tokens)
    {
        _ids = ids;
        _tokens = tokens;
    }

    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>Highest id + 1.</summary>
    public int Size => _tokens.Length;

    /// <exception cref="BadInputException">An id that is no whole number, negative, absurd or used twice; a token given twice.</exception>
    public static Vocabulary Read(JsonField field)
    {
        if (field.Value.ValueKind != JsonValueKind.Object) throw field.Wrong("vocab_form", $"must be a JSON object of token and id");
        var ids = new Dictionary<string, int>(field.Value.GetPropertyCount());
        var highest = -1;
        foreach (var member in field.Value.EnumerateObject())
        {
            var token = Name(field, member);
            if (token.Length > LongestToken) throw field.Wrong("token_long", $"a token of {token.Length} characters begins with {token[..40]}; at most {LongestToken} are read");
            var id = Id(field, member, token);
            if (!ids.TryAdd(token, id)) throw At(field, token).Wrong("token_twice", $"token {token} is given twice");
            highest = Math.Max(highest, id);
        }

        if (ids.Count == 0) throw field.Wrong("is_empty", $"is empty");
        return new Vocabulary(ids, Reverse(field, ids, highest));
    }

    public int? IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public string? TokenOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    private static string Name(JsonField field, JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw field.Wrong("token_unicode", $"a token is not valid Unicode text (half of a surrogate pair)");
        }
    }

    private static int Id(JsonField field, JsonProperty member, string token)
    {
        if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt64(out var id))
        {
            throw At(field, token).Wrong("token_id_whole", $"id of {token} must be a whole number");
        }

        if (id < 0) throw At(field, token).Wrong("token_id_negative", $"id of {token} must not be negative (it is {id})");
        if (id > LargestId) throw At(field, token).Wrong("token_id_large", $"id {id} of {token} is larger than any vocabulary ({LargestId})");
        return (int)id;
    }

    private static string?[] Reverse(JsonField field, Dictionary<string, int> ids, int highest)
    {
        var tokens = new string?[highest + 1];
        foreach (var (token, id) in ids)
        {
            if (tokens[id] is { } other) throw At(field, token).Wrong("token_id_twice", $"id {id} is used by both {other} and {token}");
            tokens[id] = token;
        }

        return tokens;
    }

    private static JsonField At(JsonField field, string token) => field with { Path = $"{field.Path}[\"{token}\"]" };
}
