using System.Text;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;
using R1Lab.Web.Uploads;

namespace R1Lab.Web.Tests.Uploads;

public sealed class DownloadNameTests
{
    [Theory]
    [InlineData("sums", "sums.jsonl")]
    [InlineData("中文数据集", "中文数据集.jsonl")]
    [InlineData("../../etc/passwd", "_.._etc_passwd.jsonl")]
    [InlineData("a\\b/c", "a_b_c.jsonl")]
    [InlineData("a\"b;c", "a_b_c.jsonl")]
    [InlineData("a\r\nSet-Cookie: x", "a__Set-Cookie_ x.jsonl")]
    [InlineData("a\u0000b", "a_b.jsonl")]
    [InlineData("gpj\u202e.exe", "gpj_.exe.jsonl")]
    [InlineData("\ud800", "download.jsonl")]
    [InlineData("", "download.jsonl")]
    [InlineData(" . ", "download.jsonl")]
    [InlineData("CON", "_CON.jsonl")]
    [InlineData("lpt1.txt", "_lpt1.txt.jsonl")]
    [InlineData("--help", "help.jsonl")]
    public void Of_WhatPeopleCalledAThing_IsAPlainFileName(string name, string expected)
    {
        Assert.Equal(expected, DownloadName.Of(name, ".jsonl"));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("数")]
    [InlineData("😀")]
    public void Of_LongName_FitsEveryFileSystem(string letter)
    {
        var name = DownloadName.Of(string.Concat(Enumerable.Repeat(letter, 500)), ".jsonl");

        Assert.InRange(Encoding.UTF8.GetByteCount(name), 150, 200);
        Assert.DoesNotContain('\ufffd', name);
    }

    [Theory]
    [InlineData("C:\\Users\\wang\\数据.jsonl", "数据.jsonl")]
    [InlineData("/etc/passwd", "passwd")]
    [InlineData("x/..", "download")]
    [InlineData("a.b\nc", "a.b_c")]
    public void Clean_NameOfASentFile_LosesItsPath(string name, string expected)
    {
        Assert.Equal(expected, DownloadName.Clean(name));
    }

    [Theory]
    [InlineData("中文 \"数据\"")]
    [InlineData("../a\r\nX: y")]
    public async Task Export_OfAnyDatasetName_HasAHeaderThatNamesAFileOnly(string name)
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        var made = await lab.Get<DatasetStore>().CreateAsync(Actors.Lab, new(name, DatasetFormats.PromptResponse), [TestRows.Pair("1", "2")], TestContext.Current.CancellationToken);

        using var answer = await client.GetAsync($"/api/v1/datasets/{made.Id}/export", TestContext.Current.CancellationToken);

        var disposition = answer.Content.Headers.ContentDisposition!;
        Assert.Equal(("attachment", DownloadName.Of(name, ".jsonl")), (disposition.DispositionType, disposition.FileNameStar));
        Assert.False(answer.Headers.Contains("X"));
    }
}
