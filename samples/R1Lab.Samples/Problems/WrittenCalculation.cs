namespace R1Lab.Samples.Problems;

/// <summary>One step of arithmetic.</summary>
public readonly record struct ArithmeticStep(int Left, char Operator, int Right)
{
    public int Result => Operator switch
    {
        '+' => Left + Right,
        '-' => Left - Right,
        '×' => Left * Right,
        '÷' => Left / Right,
        _ => throw new InvalidOperationException($"No operator '{Operator}'."),
    };

    /// <summary>True when the step is known by heart: one digit with one digit, or its way back.</summary>
    public bool IsTableFact => Operator switch
    {
        '+' or '×' => Left < 10 && Right < 10,
        '-' => Right < 10 && Left < 20 && Result < 10,
        _ => true,
    };
}

/// <summary>Works a step out digit by digit, as a child writes it: ones first, then tens with what was carried or borrowed.</summary>
public static class WrittenCalculation
{
    public static string Write(ArithmeticStep step, Language language)
    {
        // Written multiplication has the longer number first.
        if (step is { Operator: '×', Left: < 10, Right: >= 10 }) step = new ArithmeticStep(step.Right, '×', step.Left);
        var (left, right) = (step.Left, step.Right);
        if (step.Operator == '÷')
        {
            return language == Language.Chinese ? $"{right}×{step.Result}={left}，{left}÷{right}={step.Result}" : $"{right}×{step.Result}={left}, {left}÷{right}={step.Result}";
        }

        if (step.IsTableFact) return $"{left}{step.Operator}{right}={step.Result}";
        var (ones, tens) = Columns(step);
        return language == Language.Chinese
            ? $"{left}{step.Operator}{right}：个位{ones}，十位{tens}，得{step.Result}"
            : $"{left}{step.Operator}{right}: ones {ones}, tens {tens}, so {step.Result}";
    }

    private static (string Ones, string Tens) Columns(ArithmeticStep step)
    {
        var (left, right) = (step.Left, step.Right);
        var (leftTens, leftOnes, rightTens, rightOnes) = (left / 10, left % 10, right / 10, right % 10);
        switch (step.Operator)
        {
            case '+':
                var carry = (leftOnes + rightOnes) / 10;
                return ($"{leftOnes}+{rightOnes}={leftOnes + rightOnes}", $"{leftTens}+{rightTens}{(carry > 0 ? "+1" : "")}={leftTens + rightTens + carry}");
            case '-':
                var borrow = leftOnes < rightOnes ? 1 : 0;
                var from = leftOnes + (10 * borrow);
                return ($"{from}-{rightOnes}={from - rightOnes}", $"{leftTens}{(borrow > 0 ? "-1" : "")}-{rightTens}={leftTens - borrow - rightTens}");
            default:
                var carried = leftOnes * right / 10;
                return ($"{leftOnes}×{right}={leftOnes * right}", $"{leftTens}×{right}{(carried > 0 ? $"+{carried}" : "")}={(leftTens * right) + carried}");
        }
    }
}
