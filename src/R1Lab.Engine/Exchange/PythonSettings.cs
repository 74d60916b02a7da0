using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>
/// Finds settings in a Python script without running it: the arguments of the calls that matter, and plain assignments of literals. Names of
/// literals that were assigned before are looked up; what is computed any other way is passed on as such.
/// </summary>
internal sealed class PythonSettings
{
    /// <summary>The name of a setting that stands for a call, before those of its arguments.</summary>
    public const string CallMark = "()";

    /// <summary>The name of a setting that stands for a call whose arguments were left out, because another call of its kind counts.</summary>
    public const string SecondMark = "(2)";

    /// <summary>The name of a setting that says that a class of trainers or their configuration is used, in whatever way.</summary>
    public const string ClassMark = "class";

    /// <summary>The name of values that are unpacked from what could not be read (<c>**settings</c>).</summary>
    public const string UnpackMark = "**";

    private const int DeepestNesting = 20;

    private static readonly string[] Calls =
    [
        "TrainingArguments", "Seq2SeqTrainingArguments", "SFTConfig", "UnslothTrainingArguments", "DPOConfig", "KTOConfig", "ORPOConfig", "CPOConfig", "GRPOConfig", "PPOConfig", "RLOOConfig", "RewardConfig", "BCOConfig", "GKDConfig",
        "OnlineDPOConfig", "NashMDConfig", "XPOConfig", "PRMConfig", "LoraConfig", "BitsAndBytesConfig", "EarlyStoppingCallback", "SFTTrainer", "UnslothTrainer", "Trainer", "create_loraplus_optimizer", "from_pretrained",
        "load_dataset", "train_test_split", "Seq2SeqTrainer", "TrlParser", "HfArgumentParser", "get_peft_model", "tokenizer", "select", "gradient_checkpointing_enable", "train_on_responses_only", "DataCollatorForCompletionOnlyLM",
    ];

    private readonly string _text;
    private readonly IReadOnlyList<PythonToken> _tokens;
    private readonly List<Setting> _settings = [];
    private readonly PythonNames _names;
    private readonly ImportBudget _budget;
    private readonly ToolSchemas _tools;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private int _at;
    private bool _trained;
    private int _call;
    private int _calls;
    private string? _target;
    private string? _option;

    private PythonSettings(string text, ImportBudget budget, ToolSchemas tools)
    {
        (_text, _budget, _tools, _tokens) = (text, budget, tools, new PythonLexer(text, budget).Read());
        _names = new PythonNames(_tokens, budget);
    }

    /// <summary>The settings in the order of the text. An argument without a name is called by its place, from <c>0</c>.</summary>
    /// <exception cref="BadInputException">A text or bracket is not closed, or the values are more than the budget allows.</exception>
    public static IReadOnlyList<Setting> Read(string text, ImportBudget budget, ToolSchemas tools)
    {
        var reader = new PythonSettings(text, budget, tools);
        reader.Walk();
        // A literal whose name was an argument elsewhere has been told there.
        return [.. reader._settings.Where(setting => setting.Owner != "=" || !reader._used.Contains(setting.Name))];
    }

    private PythonToken Now => _tokens[_at];

    private PythonToken Ahead(int places) => _tokens[Math.Min(_at + places, _tokens.Count - 1)];

    private void Walk()
    {
        while (Now.Kind != PythonTokenKind.End)
        {
            _budget.Check();
            if (Now.Kind == PythonTokenKind.LineEnd) _target = null;
            if (IsImport()) PassLine();
            else if (IsAssignment()) Assignment();
            else if (IsLaterSetting()) LaterSetting();
            else if (IsCall()) Call(1);
            else Pass();
        }
    }

    // from trl import DPOConfig, SFTConfig: what is imported is not used yet.
    private bool IsImport() => Now.Value is "from" or "import" && Now.Kind == PythonTokenKind.Name && (_at == 0 || _tokens[_at - 1].Kind == PythonTokenKind.LineEnd);

    private void PassLine()
    {
        while (Now.Kind is not (PythonTokenKind.LineEnd or PythonTokenKind.End)) _at++;
    }

    private void NoteClass()
    {
        if (Now.Kind == PythonTokenKind.Name && TrainerClasses.Counts(Now.Value)) Add(new Setting(ClassMark, null, Now.Line, Now.Value));
    }

    private void Pass()
    {
        NoteClass();
        // A name that a loop, a function or "+=" gives another value is no literal any more.
        if (Now.Kind == PythonTokenKind.Name && (Ahead(1).Value is "+=" or "-=" or "*=" or "/=" || _at > 0 && _tokens[_at - 1] is { Kind: PythonTokenKind.Name, Value: "for" })) _names.Forget(Now.Value);
        if (Now is { Kind: PythonTokenKind.Name, Value: "def" }) Parameters();
        if (_at >= 2 && Now.Value == "train" && _tokens[_at - 1].IsMark(".") && _tokens[_at - 2].Value.EndsWith("trainer", StringComparison.OrdinalIgnoreCase)) _trained = true;
        _at++;
    }

    private void Parameters()
    {
        if (!Ahead(2).IsMark("(")) return;
        _at += 3;
        for (var level = 0; level > 0 || !Now.IsMark(")"); _at++)
        {
            if (Now.IsMark("(") || Now.IsMark("[") || Now.IsMark("{")) level++;
            if (Now.IsMark(")") || Now.IsMark("]") || Now.IsMark("}")) level--;
            if (level == 0 && Now.Kind == PythonTokenKind.Name && (_tokens[_at - 1].IsMark("(") || _tokens[_at - 1].IsMark(","))) _names.Forget(Now.Value);
        }
    }

    private void Add(Setting setting)
    {
        _budget.Nodes(1);
        _settings.Add(setting with { AfterTraining = _trained, Call = _call });
    }

    private bool IsAssignment() => Now.Kind == PythonTokenKind.Name && Ahead(1).IsMark("=") && (_at == 0 || _tokens[_at - 1].Kind == PythonTokenKind.LineEnd);

    // training_args.learning_rate = 1e-4: what stands there in the end.
    private bool IsLaterSetting() =>
        Now.Kind == PythonTokenKind.Name && Ahead(1).IsMark(".") && Ahead(2).Kind == PythonTokenKind.Name && Ahead(3).IsMark("=") && (_at == 0 || _tokens[_at - 1].Kind == PythonTokenKind.LineEnd)
        && (Now.Value.Contains("arg", StringComparison.OrdinalIgnoreCase) || Now.Value.Contains("train", StringComparison.OrdinalIgnoreCase) || Now.Value.Contains("sft", StringComparison.OrdinalIgnoreCase))
        && TrainingArgumentNames.Counts(Ahead(2).Value, _tools);

    private void LaterSetting()
    {
        var (name, line, target) = (Ahead(2).Value, Now.Line, Now.Value);
        _at += 4;
        var start = _at;
        _option = null;
        if (Expression(1) is { } literal && Now.Kind == PythonTokenKind.LineEnd)
        {
            Add(new Setting(name, literal.Value, line, "TrainingArguments") { Option = _option, Target = target });
            return;
        }

        _at = start;
        while (Now.Kind != PythonTokenKind.LineEnd) _at++;
        Add(new Setting(name, null, line, "TrainingArguments") { Computed = Source(start), Target = target });
    }

    private bool IsCall() => Now.Kind == PythonTokenKind.Name && Ahead(1).IsMark("(") && Calls.Contains(Now.Value);

    private void Assignment()
    {
        var (name, line, start) = (Now.Value, Now.Line, _at);
        _at += 2;
        _option = null;
        if (Expression(1) is { } literal && Now.Kind == PythonTokenKind.LineEnd)
        {
            _names.Remember(name, literal.Value, _option);
            Add(new Setting(name, literal.Value, line, "=") { Option = _option });
            return;
        }

        // Not a literal: its calls, if any, are still to be looked at.
        _names.Forget(name);
        (_at, _target) = (start + 2, name);
    }

    private void Call(int depth)
    {
        NoteClass();
        var (owner, outer, target) = (Owner(), _call, _target);
        (_call, _target) = (++_calls, null);
        // The call itself says something, also without arguments.
        Add(new Setting(CallMark, null, Now.Line, owner) { Within = outer == 0 ? null : outer, Target = target });
        _at += 2;
        for (var place = 0; !Now.IsMark(")"); place++)
        {
            Argument(owner, place, depth);
            if (Now.IsMark(",")) _at++;
        }

        _at++;
        _call = outer;
    }

    // AutoTokenizer.from_pretrained: what the method belongs to says what is loaded. Before a class stands only its module: peft.LoraConfig.
    private string Owner() => _at >= 2 && !char.IsUpper(Now.Value[0]) && _tokens[_at - 1].IsMark(".") && _tokens[_at - 2].Kind == PythonTokenKind.Name ? $"{_tokens[_at - 2].Value}.{Now.Value}" : Now.Value;

    private void Argument(string owner, int place, int depth)
    {
        var line = Now.Line;
        if (Now.IsMark("**") && Ahead(1).Kind == PythonTokenKind.Name && _names.Find(Ahead(1).Value) is { Value: JsonObject } known && (Ahead(2).IsMark(",") || Ahead(2).IsMark(")")))
        {
            _used.Add(Ahead(1).Value);
            foreach (var (key, value) in _names.Copy(known)!.AsObject()) Add(new Setting(key, value, line, owner));
            _at += 2;
            return;
        }

        var name = place.ToString(CultureInfo.InvariantCulture);
        if (Now.Kind == PythonTokenKind.Name && Ahead(1).IsMark("="))
        {
            name = Now.Value;
            _at += 2;
        }

        var start = _at;
        // What is unpacked here is not known: it is called by what stands there.
        if (Now.IsMark("**") || Now.IsMark("*")) name = UnpackMark;
        _option = null;
        if (Expression(depth) is { } literal && (Now.IsMark(",") || Now.IsMark(")")))
        {
            Add(new Setting(name, literal.Value, line, owner) { Option = _option });
            return;
        }

        _at = start;
        var calls = Skip(depth);
        // A value that is one of the calls looked for has told its own arguments.
        if (!calls) Add(new Setting(name, null, line, owner) { Computed = Source(start) });
    }

    /// <summary>Passes over an argument; calls inside it are looked at.</summary>
    private bool Skip(int depth)
    {
        if (depth > DeepestNesting) throw PythonLexer.Wrong(Now.Line, "python_deep", $"calls are nested deeper than {DeepestNesting}");
        var (level, calls) = (0, false);
        while (level > 0 || !Now.IsMark(",") && !Now.IsMark(")"))
        {
            if (IsCall())
            {
                Call(depth + 1);
                calls = true;
                continue;
            }

            NoteClass();
            if (Now.IsMark("(") || Now.IsMark("[") || Now.IsMark("{")) level++;
            if (Now.IsMark(")") || Now.IsMark("]") || Now.IsMark("}")) level--;
            _at++;
        }

        return calls;
    }

    private string Source(int start)
    {
        var last = _tokens[Math.Max(start, _at - 1)];
        var source = _text[_tokens[start].Start..(last.Start + last.Length)];
        return source.Length <= 60 ? source : source[..60] + "…";
    }

    private sealed record Found(JsonNode? Value);

    // 2 * 8, -(-16 // 4), 2e-4 / 2: numbers that are reckoned with.
    private Found? Expression(int depth, int binding = 0)
    {
        var left = Operand(depth);
        while (left is not null && PythonArithmetic.BindingOf(Now) is { } strength && strength > binding)
        {
            var mark = _tokens[_at++].Value;
            // Powers bind to the right.
            if (Expression(depth + 1, mark == "**" ? strength - 1 : strength) is not { } right) return null;
            left = PythonArithmetic.Of(mark, left.Value, right.Value) is { } result ? new(result) : null;
        }

        return left;
    }

    private Found? Operand(int depth)
    {
        if (depth > DeepestNesting) return null;
        _budget.Nodes(1);
        if (!Now.IsMark("-") || Ahead(1).Kind == PythonTokenKind.Number && !Ahead(2).IsMark("**")) return Literal(depth);
        _at++;
        return Expression(depth + 1, PythonArithmetic.Sign) is { } value && PythonArithmetic.Of("-", JsonValue.Create(0L), value.Value) is { } negative ? new(negative) : null;
    }

    private Found? Literal(int depth)
    {
        if (depth > DeepestNesting) return null;
        var token = Now;
        if (token.Kind == PythonTokenKind.Text) return Text();
        if (token.Kind == PythonTokenKind.Number || token.IsMark("-") && Ahead(1).Kind == PythonTokenKind.Number) return Number();
        if (token.IsMark("[") || token.IsMark("(") || token.IsMark("{")) return Collection(depth);
        return token.Kind == PythonTokenKind.Name ? Named(depth) : null;
    }

    private Found? Text()
    {
        var value = new StringBuilder();
        for (; Now.Kind == PythonTokenKind.Text; _at++)
        {
            if (Now.Computed) return null;
            _budget.Characters(Now.Value.Length + 1);
            value.Append(Now.Value);
        }

        return new(JsonValue.Create(value.ToString()));
    }

    private Found? Number()
    {
        var negative = Now.IsMark("-");
        if (negative) _at++;
        return PythonLiteral.Of(_tokens[_at++].Value, negative) is { } number ? new(number) : null;
    }

    private Found? Named(int depth)
    {
        var name = _tokens[_at++].Value;
        if (Now.IsMark(".") && name == "torch" && Ahead(1).Kind == PythonTokenKind.Name)
        {
            _at += 2;
            return new(JsonValue.Create($"torch.{_tokens[_at - 1].Value}"));
        }

        if (name is "True" or "False") return new(JsonValue.Create(name == "True"));
        if (name == "None") return new((JsonNode?)null);
        if (Now.IsMark(".") && Ahead(1).Kind == PythonTokenKind.Name && !Ahead(2).IsMark("(") && !Ahead(2).IsMark(".") && !Ahead(2).IsMark("[")) return Attribute(name);
        if (_names.Find(name) is not { } known || Now.IsMark("(") || Now.IsMark(".") || Now.IsMark("[")) return null;
        // Names that stand for names can nest a value deeper than any bracket does.
        if (depth + known.Size.Depth > DeepestNesting) return null;
        _used.Add(name);
        _option ??= known.Option;
        return new(_names.Copy(known));
    }

    // args.lr: the default of an option, or a field of a class of settings.
    private Found? Attribute(string owner)
    {
        var name = Ahead(1).Value;
        if (_names.FindOption(name) is not { } known) return null;
        _at += 2;
        _used.Add(name);
        _option ??= $"{owner}.{name}";
        return new(_names.Copy(known));
    }

    private Found? Collection(int depth)
    {
        var close = Now.Value switch { "[" => "]", "(" => ")", _ => "}" };
        var isMap = Now.IsMark("{") && (Ahead(1).IsMark("}") || Ahead(2).IsMark(":"));
        _at++;
        var (list, map) = (new JsonArray(), new JsonObject());
        while (!Now.IsMark(close))
        {
            if (Expression(depth + 1) is not { } item) return null;
            if (isMap)
            {
                if (!Now.IsMark(":")) return null;
                _at++;
                if (Expression(depth + 1) is not { } value) return null;
                var key = Setting.TextOf(item.Value);
                _budget.Characters(key.Length);
                map[key] = value.Value;
            }
            else
            {
                list.Add(item.Value);
            }

            if (Now.IsMark(",")) _at++;
            else if (!Now.IsMark(close)) return null;
        }

        _at++;
        // A value in parentheses is that value.
        return new(isMap ? map : close == ")" && list.Count == 1 && !_tokens[_at - 2].IsMark(",") ? Only(list) : list);
    }

    private static JsonNode? Only(JsonArray list)
    {
        var item = list[0];
        list.Clear();
        return item;
    }
}
