using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using Microsoft.JSInterop;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Engine;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Tests;

/// <summary>What an exception says is written for a log; a page shows a sentence in the reader's language.</summary>
public sealed partial class ExceptionTextsTests() : PageTest("zh-CN")
{
    private static readonly string Components = Path.Combine(ReferenceFiles.Repository, "src", "R1Lab.Web", "Components");

    public static TheoryData<Exception> Failures =>
    [
        new BadInputException("a.jsonl", "line 1", "is cut"), new ModelUnavailableException("no such model"), new ModelUnavailableException("cannot be read", new IOException("disk")),
        new ModelBusyException("busy"), new RecordConflictException("twice"), new RecordNotFoundException("run", 1), new NotAllowedException("not yours"),
        new IOException("at R1Lab.Web.Stream.Read()"), new UnauthorizedAccessException("/root"), new TimeoutException("5 s"), new JSException("TypeError: x is undefined\n    at send (upload.js:40)"),
        new InvalidOperationException("Sequence contains no elements"), new OutOfMemoryException("heap"),
    ];

    [Theory, MemberData(nameof(Failures))]
    public void Show_OfAnyFailure_IsOneSentenceInTheReadersLanguage(Exception failure)
    {
        var shown = Get<IStringLocalizer<FailureTexts>>().Show(failure);

        Assert.Matches("^[\u3000-\uFFEF]", shown);
        Assert.DoesNotContain("   at ", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Pages_NeverShowWhatAnExceptionSays()
    {
        var found = Directory.EnumerateFiles(Components, "*.*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".razor" && Path.GetFileName(file) != "FailureTexts.cs")
            .SelectMany(file => CaughtMessages(Path.GetFileName(file), File.ReadAllText(file)));

        Assert.Empty(found);
    }

    private static IEnumerable<string> CaughtMessages(string name, string text) =>
        from Match caught in Catch().Matches(text)
        let variable = caught.Groups["variable"].Value
        where Regex.IsMatch(text, $@"\b{variable}\.(Message|ToString\(\)|StackTrace)", RegexOptions.None, TimeSpan.FromSeconds(5))
        select $"{name}: {variable}";

    [GeneratedRegex(@"catch \(\w*(?:\.\w+)*Exception (?<variable>\w+)\)", RegexOptions.None, 5000)]
    private static partial Regex Catch();
}
