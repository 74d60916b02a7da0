using System.Security.Cryptography;
using System.Text;
using R1Lab.Samples.Problems;

namespace R1Lab.Samples.Corpus;

public enum Split
{
    PreTraining,
    FineTuning,
    HeldOut,
}

/// <summary>Decides by a problem's key, and by nothing else, which split it belongs to: the splits cannot share a problem.</summary>
public static class SplitRule
{
    public static Split Of(ExampleProblem problem)
    {
        if (problem.IsTableFact) return Split.PreTraining;
        return SHA256.HashData(Encoding.UTF8.GetBytes(problem.Key))[0] switch
        {
            < 26 => Split.HeldOut,      // 10 %
            < 90 => Split.FineTuning,   // 25 %
            _ => Split.PreTraining,
        };
    }
}
