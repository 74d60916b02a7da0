namespace R1Lab.Samples.Problems;

/// <summary>What fine-tuning teaches: stories of two steps, and the perimeter. The pre-training corpus holds none of them.</summary>
public static class ComposedKinds
{
    public static readonly ProblemKind[] All =
    [
        new("boxes bought", Formulas.SumWithProduct,
            ["{n}有{a}{u}{i}，又买了{b}盒，每盒有{c}{u}，现在一共有多少{u}？|{v}{u}"],
            ["{n} has {a} {i} and buys {b} boxes. Each box holds {c} {i}. How many {i} does {n} have now?|{v} {i}"]),
        new("change from a purchase", Formulas.DifferenceWithProduct,
            ["{n}有{a}元，买了{b}{u}{i}，每{u}{c}元，还剩多少元？|{v}元"],
            ["{n} has {a} dollars and buys {b} books. Each book costs {c} dollars. How many dollars are left?|{v} dollars"]),
        new("more, then both", Formulas.MoreThenTotal,
            ["{n}有{a}{u}{i}，{m}比{n}多{b}{u}，他们一共有多少{u}？|{v}{u}"],
            ["{n} has {a} {i}. {m} has {b} more than {n}. How many {i} do they have in total?|{v} {i}"]),
        new("fewer, then both", Formulas.FewerThenTotal,
            ["{n}有{a}{u}{i}，{m}比{n}少{b}{u}，他们一共有多少{u}？|{v}{u}"],
            ["{n} has {a} {i}. {m} has {b} fewer than {n}. How many {i} do they have in total?|{v} {i}"]),
        new("times, then both", Formulas.TimesThenTotal,
            ["{n}有{a}{u}{i}，{m}的{i}是{n}的{b}倍，他们一共有多少{u}？|{v}{u}"],
            ["{n} has {a} {i}. {m} has {b} times as many. How many {i} do they have in total?|{v} {i}"]),
        new("perimeter", Formulas.SumThenProduct,
            ["长方形的长是{a}，宽是{b}，周长是多少？|{v}"],
            ["A rectangle is {a} long and {b} wide. What is its perimeter?|{v}"]),
    ];
}
