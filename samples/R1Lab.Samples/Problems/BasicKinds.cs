namespace R1Lab.Samples.Problems;

/// <summary>What the model is pre-trained on: bare expressions and stories of one step.</summary>
public static class BasicKinds
{
    public static readonly ProblemKind[] Expressions =
    [
        Expression("sum", Formulas.Sum, "{a}+{b}", weight: 3),
        Expression("difference", Formulas.Difference, "{a}-{b}", weight: 3),
        Expression("product", Formulas.Product, "{a}×{b}", weight: 2),
        Expression("quotient", Formulas.Quotient, "{a}÷{b}"),
    ];

    public static readonly ProblemKind[] Chains =
    [
        Expression("chain of sums", Formulas.SumAndSum, "{a}+{b}+{c}"),
        Expression("sum and difference", Formulas.SumAndDifference, "{a}+{b}-{c}"),
        Expression("difference and sum", Formulas.DifferenceAndSum, "{a}-{b}+{c}"),
        Expression("sum with product", Formulas.SumWithProduct, "{a}+{b}×{c}"),
        Expression("difference with product", Formulas.DifferenceWithProduct, "{a}-{b}×{c}"),
        Expression("sum then share", Formulas.SumThenShare, "({a}+{b})÷{c}"),
    ];

    public static readonly ProblemKind[] Stories =
    [
        new("story sum", Formulas.Sum,
            [
                "{n}有{a}{u}{i}，又买了{b}{u}，现在有多少{u}{i}？|{v}{u}",
                "{n}有{a}{u}{i}，{m}有{b}{u}{i}，他们一共有多少{u}？|{v}{u}",
                "盒子里有{a}{u}{i}，又放进{b}{u}，现在有多少{u}？|{v}{u}",
                "{m}有{a}{u}{i}，{n}比{m}多{b}{u}，{n}有多少{u}？|{v}{u}",
                "车上有{a}人，又上来{b}人，现在有多少人？|{v}人",
            ],
            [
                "{n} has {a} {i} and buys {b} more. How many {i} does {n} have now?|{v} {i}",
                "{n} has {a} {i} and {m} has {b} {i}. How many {i} do they have in total?|{v} {i}",
                "There are {a} {i} in a box. {n} puts in {b} more. How many {i} are there now?|{v} {i}",
                "{m} has {a} {i}. {n} has {b} more than {m}. How many {i} does {n} have?|{v} {i}",
                "There are {a} people on a bus and {b} more get on. How many people are there now?|{v} people",
            ]) { Weight = 3 },
        new("story difference", Formulas.Difference,
            [
                "{n}有{a}{u}{i}，送给{m}{b}{u}，还剩多少{u}？|{v}{u}",
                "盒子里有{a}{u}{i}，拿走{b}{u}，还剩多少{u}？|{v}{u}",
                "{m}有{a}{u}{i}，{n}比{m}少{b}{u}，{n}有多少{u}？|{v}{u}",
                "{n}有{a}元，用了{b}元，还剩多少元？|{v}元",
                "车上有{a}人，下去{b}人，还剩多少人？|{v}人",
            ],
            [
                "{n} has {a} {i} and gives {b} to {m}. How many {i} are left?|{v} {i}",
                "There are {a} {i} in a box. {n} takes out {b}. How many {i} are left?|{v} {i}",
                "{m} has {a} {i}. {n} has {b} fewer than {m}. How many {i} does {n} have?|{v} {i}",
                "{n} has {a} dollars and spends {b} dollars. How many dollars are left?|{v} dollars",
                "There are {a} people on a bus and {b} get off. How many people are left?|{v} people",
            ]) { Weight = 3 },
        new("story product", Formulas.Product,
            [
                "每盒有{a}{u}{i}，{b}盒一共有多少{u}？|{v}{u}",
                "一{u}{i}{a}元，买{b}{u}一共要多少元？|{v}元",
                "{m}有{a}{u}{i}，{n}的{i}是{m}的{b}倍，{n}有多少{u}？|{v}{u}",
                "{n}每天做{a}题，{b}天一共做多少题？|{v}题",
            ],
            [
                "Each box holds {a} {i}. How many {i} are in {b} boxes?|{v} {i}",
                "One book costs {a} dollars. How many dollars do {b} books cost?|{v} dollars",
                "{m} has {a} {i}. {n} has {b} times as many. How many {i} does {n} have?|{v} {i}",
                "{n} reads {a} pages each day. How many pages is that in {b} days?|{v} pages",
            ]) { Weight = 2 },
        new("story quotient", Formulas.Quotient,
            [
                "把{a}{u}{i}平均分给{b}个人，每人有多少{u}？|{v}{u}",
                "{a}{u}{i}，每盒放{b}{u}，要多少盒？|{v}盒",
            ],
            [
                "{a} {i} are shared equally by {b} people. How many {i} does each get?|{v} {i}",
                "There are {a} {i}, {b} in each box. How many boxes are there?|{v} boxes",
            ]),
    ];

    // People type signs and spaces as they like; the thought always uses one form.
    private static ProblemKind Expression(string name, Formula formula, string signs, int weight = 1)
    {
        var spaced = string.Concat(signs.Select(c => "+-×÷".Contains(c) ? $" {c} " : $"{c}"));
        var typed = signs.Replace('×', '*').Replace('÷', '/');
        return new ProblemKind(name, formula,
            [$"{signs}=?|{{v}}", $"{signs}等于多少？|{{v}}", $"计算：{signs}|{{v}}", $"请算一算{typed}|{{v}}", $"{typed}=|{{v}}"],
            [$"What is {spaced}?|{{v}}", $"{spaced} = ?|{{v}}", $"Compute {signs}.|{{v}}", $"Please work out {typed}.|{{v}}"])
        { Weight = weight };
    }
}
