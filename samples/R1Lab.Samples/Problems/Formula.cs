namespace R1Lab.Samples.Problems;

/// <summary>A calculation without its words: which numbers it takes, and the steps that solve it.</summary>
/// <param name="Shape">The formula as text; the first half of a problem's key.</param>
/// <param name="Draw">Numbers for which every step stays small, whole and positive.</param>
/// <param name="Solve">The steps in order; the last result is the answer.</param>
/// <param name="Commutes">Whether the numbers may be swapped without making another problem.</param>
public sealed record Formula(string Shape, Func<SeededRandom, int[]> Draw, Func<int[], ArithmeticStep[]> Solve, bool Commutes = false)
{
    public string Key(int[] numbers) => $"{Shape}:{string.Join(',', Commutes ? [.. numbers.Order()] : numbers)}";
}

/// <summary>Every formula the demo corpus is made from.</summary>
public static class Formulas
{
    public static readonly Formula Sum = new("a+b",
        random => [random.Between(3, 99), random.Between(3, 99)],
        n => [new(n[0], '+', n[1])], Commutes: true);

    public static readonly Formula Difference = new("a-b",
        random => { var a = random.Between(6, 99); return [a, random.Between(2, a - 1)]; },
        n => [new(n[0], '-', n[1])]);

    public static readonly Formula Product = new("a*b",
        random => random.Chance(50) ? [random.Between(2, 9), random.Between(2, 9)] : [random.Between(11, 49), random.Between(2, 5)],
        n => [new(n[0], '×', n[1])], Commutes: true);

    public static readonly Formula Quotient = new("a/b",
        random => { var b = random.Between(2, 9); return [b * random.Between(2, 9), b]; },
        n => [new(n[0], '÷', n[1])]);

    public static readonly Formula SumAndSum = new("a+b+c",
        random => { var a = random.Between(5, 60); var b = random.Between(3, 95 - a); return [a, b, random.Between(2, 60)]; },
        n => [new(n[0], '+', n[1]), new(n[0] + n[1], '+', n[2])]);

    public static readonly Formula SumAndDifference = new("a+b-c",
        random => { var a = random.Between(8, 60); var b = random.Between(3, 95 - a); return [a, b, random.Between(3, a + b - 2)]; },
        n => [new(n[0], '+', n[1]), new(n[0] + n[1], '-', n[2])]);

    public static readonly Formula DifferenceAndSum = new("a-b+c",
        random => { var a = random.Between(12, 95); var b = random.Between(3, a - 2); return [a, b, random.Between(3, 60)]; },
        n => [new(n[0], '-', n[1]), new(n[0] - n[1], '+', n[2])]);

    public static readonly Formula SumWithProduct = new("a+b*c",
        random => [random.Between(5, 90), random.Between(2, 9), random.Between(2, 9)],
        n => [new(n[1], '×', n[2]), new(n[0], '+', n[1] * n[2])]);

    public static readonly Formula DifferenceWithProduct = new("a-b*c",
        random => { int b = random.Between(2, 9), c = random.Between(2, 9); return [random.Between((b * c) + 2, 99), b, c]; },
        n => [new(n[1], '×', n[2]), new(n[0], '-', n[1] * n[2])]);

    public static readonly Formula MoreThenTotal = new("a+(a+b)",
        random => { var a = random.Between(4, 60); return [a, random.Between(2, 95 - a)]; },
        n => [new(n[0], '+', n[1]), new(n[0], '+', n[0] + n[1])]);

    public static readonly Formula FewerThenTotal = new("a+(a-b)",
        random => { var a = random.Between(8, 95); return [a, random.Between(2, a - 2)]; },
        n => [new(n[0], '-', n[1]), new(n[0], '+', n[0] - n[1])]);

    public static readonly Formula TimesThenTotal = new("a+a*b",
        random => { var b = random.Between(2, 5); return [random.Between(3, 98 / b), b]; },
        n => [new(n[0], '×', n[1]), new(n[0], '+', n[0] * n[1])]);

    public static readonly Formula SumThenProduct = new("(a+b)*2",
        random => { var b = random.Between(3, 30); return [random.Between(b + 1, 49), b]; },
        n => [new(n[0], '+', n[1]), new(n[0] + n[1], '×', 2)]);

    public static readonly Formula SumThenShare = new("(a+b)/c",
        random =>
        {
            var c = random.Between(2, 9);
            var total = c * random.Between(Math.Max(2, 10 / c), 9);
            var a = random.Between(3, total - 3);
            return [a, total - a, c];
        },
        n => [new(n[0], '+', n[1]), new(n[0] + n[1], '÷', n[2])]);
}
