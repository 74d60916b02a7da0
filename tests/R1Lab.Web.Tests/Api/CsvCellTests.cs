using R1Lab.Web.Api;

namespace R1Lab.Web.Tests.Api;

public sealed class CsvCellTests
{
    [Theory]
    [InlineData("=1+1")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("\t=1")]
    [InlineData("\r=1")]
    [InlineData("\n=1")]
    [InlineData("＝1+1")]
    [InlineData("＋1")]
    [InlineData("－1")]
    [InlineData("＠SUM(A1)")]
    public void Guarded_TextThatBeginsLikeAFormula_BeginsWithAnApostrophe(string text)
    {
        var cell = CsvCell.Guarded(text);

        Assert.Equal("'" + text, cell);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("an answer")]
    [InlineData("王芳")]
    [InlineData("'quoted'")]
    [InlineData("1-1")]
    public void Guarded_OtherText_StaysAsItIs(string? text)
    {
        var cell = CsvCell.Guarded(text);

        Assert.Equal(text, cell);
    }

    [Fact]
    public void Original_OfEveryGuardedText_IsTheText()
    {
        const string pieces = "'=+-@\t\r\n＝＋－＠a1 ";
        var texts = pieces.SelectMany(a => pieces.SelectMany(b => pieces.Select(c => $"{a}{b}{c}"))).Append("").ToList();

        var back = texts.Select(text => CsvCell.Original(CsvCell.Guarded(text)));

        Assert.Equal(texts, back);
        Assert.Equal(texts.Count, texts.Select(CsvCell.Guarded).Distinct(StringComparer.Ordinal).Count());
    }
}
