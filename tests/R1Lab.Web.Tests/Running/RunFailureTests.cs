using System.Runtime.InteropServices;
using R1Lab.Engine;
using R1Lab.Web.Running;

namespace R1Lab.Web.Tests.Running;

public sealed class RunFailureTests
{
    public static TheoryData<Exception, string, bool> Cases => new()
    {
        { new ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB"), "out_of_memory", false },
        { new OutOfMemoryException(), "out_of_memory", false },
        { new IOException("No space left on device : '/data/runs/1'"), "disk_full", true },
        { new BadInputException("dataset", "row 3", "token id 9 is not in the vocabulary"), "bad_input", false },
        { new IOException("something else"), "failed", false },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Of_KnownTrouble_SaysItInTheUsersWords(Exception error, string kind, bool pauses)
    {
        var failure = RunFailure.Of(error);

        Assert.Equal((kind, pauses), (failure.Kind, failure.Pauses));
        Assert.StartsWith("R1L-", failure.Message, StringComparison.Ordinal);
    }
}
