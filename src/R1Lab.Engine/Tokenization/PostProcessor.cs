namespace R1Lab.Engine.Tokenization;

/// <summary>The special tokens a tokenizer puts before and after a text.</summary>
internal sealed record PostProcessor(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    private const int MostTokens = 100;

    public static PostProcessor None { get; } = new([], []);

    /// <summary>Reads the <c>post_processor</c> of a tokenizer.json.</summary>
    /// <param name="field">The field, or null when there is none.</param>
    /// <param name="isToken">Whether an id belongs to a token.</param>
    public static PostProcessor Read(JsonField? field, Func<int, bool> isToken)
    {
        if (field is not { } processor) return None;
        var type = processor.Required("type");
        return type.Text() switch
        {
            "ByteLevel" => None,
            "TemplateProcessing" => Template(processor, isToken),
            "BertProcessing" or "RobertaProcessing" => new([Pair(processor.Required("cls"), isToken)], [Pair(processor.Required("sep"), isToken)]),
            "Sequence" => processor.Required("processors").Items().Select(step => Read(step, isToken))
                .Aggregate(None, (inner, outer) => Bounded(processor, new([.. outer.Before, .. inner.Before], [.. inner.After, .. outer.After]))),
            var other => throw type.Wrong(
                "processor_unsupported", $"unsupported post-processor {other}; supported: ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing, Sequence"),
        };
    }

    private static PostProcessor Template(JsonField field, Func<int, bool> isToken)
    {
        var single = field.Required("single");
        var before = new List<int>();
        var after = new List<int>();
        var texts = 0;
        foreach (var item in single.Items())
        {
            if (item.Optional("Sequence") is not null) texts++;
            else (texts == 0 ? before : after).AddRange(Ids(field, item.Required("SpecialToken").Required("id"), isToken));
            Bounded(single, new(before, after));
        }

        return texts == 1 ? new(before, after) : throw single.Wrong("processor_sequence", $"must hold the text (Sequence) exactly once");
    }

    private static PostProcessor Bounded(JsonField field, PostProcessor made) =>
        made.Before.Count + made.After.Count <= MostTokens ? made : throw field.Wrong("processor_tokens", $"adds more than {MostTokens} tokens to every text");

    private static IEnumerable<int> Ids(JsonField field, JsonField name, Func<int, bool> isToken)
    {
        var known = field.Required("special_tokens");
        var token = known.Optional(name.Text()) ?? throw name.Wrong("processor_token", $"special token {name.Text()} is not in special_tokens");
        return token.Required("ids").Items().Take(MostTokens + 1).Select(id => Known(id, id.Integer(), isToken));
    }

    private static int Pair(JsonField field, Func<int, bool> isToken)
    {
        var parts = field.Items().ToArray();
        if (parts.Length != 2) throw field.Wrong("processor_pair", $"must be [token, id]");
        return Known(parts[1], parts[1].Integer(), isToken);
    }

    private static int Known(JsonField field, int id, Func<int, bool> isToken) => isToken(id) ? id : throw field.Wrong("processor_id", $"id {id} is not in the vocab");
}
