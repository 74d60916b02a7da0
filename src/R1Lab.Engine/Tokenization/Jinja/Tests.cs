using System.Numerics;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>What stands behind <c>is</c>.</summary>
internal static class Tests
{
    public static BuiltInTable Table { get; } = Build();

    private static BuiltInTable Build()
    {
        var table = new BuiltInTable();
        AddKinds(table);
        AddComparisons(table);
        return table;
    }

    private static void AddKinds(BuiltInTable table)
    {
        Add(table, "defined", value => value is not JinjaUndefined);
        Add(table, "undefined", value => value is JinjaUndefined);
        Add(table, "none", value => value is null);
        Add(table, "boolean", value => value is bool);
        Add(table, "true", value => value is true);
        Add(table, "false", value => value is false);
        Add(table, "integer", value => value is long or BigInteger);
        Add(table, "float", value => value is double);
        Add(table, "number", PythonNumber.IsNumber);
        Add(table, "string", value => value is string);
        Add(table, "mapping", value => value is JinjaDict);
        Add(table, "iterable", value => value is string or JinjaList or JinjaTuple or JinjaDict or JinjaUndefined);
        Add(table, "sequence", value => value is string or JinjaList or JinjaTuple or JinjaDict or JinjaUndefined);
        Add(table, "callable", value => value is JinjaCallable);
        Add(table, "escaped", _ => false);
        table.Add("lower", "", (context, value, _) => context.Text(value) is var text && text.Any(char.IsLower) && !text.Any(char.IsUpper));
        table.Add("upper", "", (context, value, _) => context.Text(value) is var text && text.Any(char.IsUpper) && !text.Any(char.IsLower));
        table.Add("filter", "", (_, value, _) => value is string name && Filters.Table.Find(name) is not null);
        table.Add("test", "", (_, value, _) => value is string name && Table.Find(name) is not null);
    }

    private static void AddComparisons(BuiltInTable table)
    {
        Compare(table, "eq equalto ==", "==");
        Compare(table, "ne !=", "!=");
        Compare(table, "lt lessthan <", "<");
        Compare(table, "le <=", "<=");
        Compare(table, "gt greaterthan >", ">");
        Compare(table, "ge >=", ">=");
        Compare(table, "in", "in");
        table.Add("sameas", "other", (_, value, arguments) => ReferenceEquals(value, arguments["other"]) || (value is bool or null && Equals(value, arguments["other"])));
        table.Add("odd", "", (context, value, _) => PythonEquality.AreEqual(PythonOperators.Calculate("%", value, 2L, context), 1L));
        table.Add("even", "", (context, value, _) => PythonEquality.AreEqual(PythonOperators.Calculate("%", value, 2L, context), 0L));
        table.Add("divisibleby", "num", (context, value, arguments) => PythonEquality.AreEqual(PythonOperators.Calculate("%", value, arguments["num"], context), 0L));
    }

    private static void Add(BuiltInTable table, string name, Func<object?, bool> holds) => table.Add(name, "", (_, value, _) => holds(value));

    private static void Compare(BuiltInTable table, string names, string comparison) =>
        table.Add(names, "other", (context, value, arguments) => PythonOperators.Holds(comparison, value, arguments["other"], context.Limits));
}
