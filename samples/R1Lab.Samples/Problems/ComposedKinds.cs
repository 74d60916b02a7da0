namespace R1Lab.Samples.Problems;

/// <summary>What fine-tuning teaches: stories of two steps, and two ideas of their own. The pre-training corpus holds none of them.</summary>
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
        new("on and off the bus", Formulas.SumAndDifference,
            ["车上有{a}人，又上来{b}人，下去{c}人，现在有多少人？|{v}人"],
            ["There are {a} people on a bus. {b} more get on and {c} get off. How many people are there now?|{v} people"]),
        new("given and bought", Formulas.DifferenceAndSum,
            ["{n}有{a}{u}{i}，送给{m}{b}{u}，又买了{c}{u}，现在有多少{u}？|{v}{u}"],
            ["{n} has {a} {i}, gives {b} to {m} and buys {c} more. How many {i} does {n} have now?|{v} {i}"]),
        new("more, then both", Formulas.MoreThenTotal,
            ["{n}有{a}{u}{i}，{m}比{n}多{b}{u}，他们一共有多少{u}？|{v}{u}"],
            ["{n} has {a} {i}. {m} has {b} more than {n}. How many {i} do they have in total?|{v} {i}"]),
        new("fewer, then both", Formulas.FewerThenTotal,
            ["{n}有{a}{u}{i}，{m}比{n}少{b}{u}，他们一共有多少{u}？|{v}{u}"],
            ["{n} has {a} {i}. {m} has {b} fewer than {n}. How many {i} do they have in total?|{v} {i}"]),
        new("times, then both", Formulas.TimesThenTotal,
            ["{n}有{a}{u}{i}，{m}的{i}是{n}的{b}倍，他们一共有多少{u}？|{v}{u}"],
            ["{n} has {a} {i}. {m} has {b} times as many. How many {i} do they have in total?|{v} {i}"]),
        new("put together and shared", Formulas.SumThenShare,
            ["{n}有{a}{u}{i}，{m}有{b}{u}{i}，把它们平均分给{c}个人，每人有多少{u}？|{v}{u}"],
            ["{n} has {a} {i} and {m} has {b} {i}. They are shared equally by {c} people. How many {i} does each get?|{v} {i}"]),
        new("perimeter", Formulas.SumThenProduct,
            ["长方形的长是{a}米，宽是{b}米，周长是多少米？|{v}米"],
            ["A rectangle is {a} meters long and {b} meters wide. What is its perimeter in meters?|{v} meters"]),
        new("next in line", Formulas.Progression,
            ["找规律：{a}，{b}，{c}，{d}，下一个数是多少？|{v}"],
            ["What number comes next: {a}, {b}, {c}, {d}?|{v}"]),
    ];
}
