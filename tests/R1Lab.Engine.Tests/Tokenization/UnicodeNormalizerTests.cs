using System.Globalization;
using System.Text;
using R1Lab.Engine.Tokenization.Unicode;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Tokenization;

/// <summary>Normal forms against the Unicode Consortium's own test file (tests/Golden/unicode), with ICU and without.</summary>
public sealed class UnicodeNormalizerTests
{
    private const string InvariantMode = "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT";

    public static TheoryData<NormalizationForm> Forms => [.. Enum.GetValues<NormalizationForm>()];

    [Theory, MemberData(nameof(Forms))]
    public void Normalize_LinesOfTheStandard_GiveTheirForms(NormalizationForm form)
    {
        var wrong = new List<string>();

        foreach (var line in Lines())
        {
            // Conformance, UAX #15: a composed form is that of the first three columns; a compatibility form is that of all five.
            var wide = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
            var wanted = line[form switch { NormalizationForm.FormC => 1, NormalizationForm.FormD => 2, NormalizationForm.FormKC => 3, _ => 4 }];
            if (line.Take(wide ? 5 : 3).Any(text => UnicodeNormalizer.Normalize(text, form) != wanted)) wrong.Add(Points(line[0]));
        }

        Assert.Empty(wrong);
    }

    [Theory, MemberData(nameof(Forms))]
    public void Normalize_LinesJoined_GivesTheFormOfTheWhole(NormalizationForm form)
    {
        // A letter that takes part in nothing keeps neighbours apart: boundaries inside a long text are found again.
        var whole = string.Join('0', Lines().Select(line => line[0]));

        var normalized = UnicodeNormalizer.Normalize(whole, form);

        Assert.Equal(string.Join('0', Lines().Select(line => UnicodeNormalizer.Normalize(line[0], form))), normalized);
        Assert.Equal(normalized, UnicodeNormalizer.Normalize(normalized, form));
    }

    [Theory, MemberData(nameof(Forms))]
    public void Normalize_TextThatHasNoForm_StaysWhole(NormalizationForm form)
    {
        foreach (var text in (string[])["", "\uD800", "\uDC00a", "a\uD800\u0300", "\uFFFE\uFFFF", "\uFDD0", char.ConvertFromUtf32(0x10FFFF), char.ConvertFromUtf32(0xE0100)])
            Assert.Equal(text, UnicodeNormalizer.Normalize(text, form));
    }

    [Fact]
    public void Normalize_LongRunOfMarks_TakesNoSquareTime()
    {
        var marks = string.Concat(Enumerable.Repeat("\u0301\u0323", 300_000));

        var composed = UnicodeNormalizer.Normalize("q" + marks, NormalizationForm.FormC);

        Assert.Equal("q" + new string('\u0323', 300_000) + new string('\u0301', 300_000), composed);
    }

    [Fact]
    public void Failure_OfThisProgram_IsNone() => Assert.Null(NormalFormCheck.Failure());

    [Fact]
    public void Failure_WhereTextIsReturnedAsItWas_NamesTheText() =>
        Assert.Equal(
            "the Unicode normal form C of 0065 0301 came out as 0065 0301 instead of 00E9, so tokens of models would be wrong. Install the program again.",
            NormalFormCheck.FailureOf(text => text));

    [Fact]
    public void Version_OfTheTable_IsRecorded() => Assert.Equal("15.0.0", UnicodeTable.Shared.Version);

    /// <summary>These tests and the tokenizer vectors once more, in a process where .NET has no ICU.</summary>
    [Fact]
    public async Task Tokenization_WithoutIcu_IsTheSame()
    {
        if (Environment.GetEnvironmentVariable(InvariantMode) == "1")
        {
            Assert.Equal("e\u0301", "e\u0301".Normalize()); // .NET itself does nothing here
            return;
        }

        await OwnProcess.RunAsync([typeof(UnicodeNormalizerTests), typeof(TokenizerVectorTests)], (InvariantMode, "1"));
    }

    private static IEnumerable<string[]> Lines()
    {
        var file = Environment.GetEnvironmentVariable("R1LAB_NORMALIZATION_TEST") ?? ReferenceFiles.Golden("unicode", "normalization.txt");
        return File.ReadLines(file).Where(line => line.Length > 0 && line[0] is not ('#' or '@')).Select(line => line.Split(';')[..5].Select(Text).ToArray());
    }

    private static string Text(string points) => string.Concat(points.Split(' ').Select(point => char.ConvertFromUtf32(int.Parse(point, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))));

    private static string Points(string text) => string.Join(' ', text.EnumerateRunes().Select(rune => rune.Value.ToString("X4", CultureInfo.InvariantCulture)));
}
