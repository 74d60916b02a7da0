using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Native;
using R1Lab.Web.Api;
using R1Lab.Web.Errors;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary>Too little memory is a 503 with a code of its own, wherever it is found out; every other fault stays a 500.</summary>
public sealed class MemoryAnswerTests(ModelLab models) : IClassFixture<ModelLab>
{
    public static TheoryData<Exception, int, string> Failures => new()
    {
        { new OutOfMemoryException("heap"), 503, "out_of_memory" },
        { new ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB"), 503, "out_of_memory" },
        { new AggregateException(new ExternalException("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.")), 503, "out_of_memory" },
        { new LibTorchException("There is not enough memory left for this request."), 503, "out_of_memory" },
        { new MemoryRefusedException("The model", 2, 1, "cpu"), 503, "out_of_memory" },
        { new ModelUnavailableException("The model 'm' cannot be loaded", new OutOfMemoryException()), 503, "out_of_memory" },
        { new ModelUnavailableException("The model 'm' cannot be loaded", new IOException("disk")), 503, "model_unavailable" },
        { new ExternalException("The size of tensor a (3) must match the size of tensor b (4)"), 500, "internal_error" },
        { new InvalidOperationException("a fault of the lab"), 500, "internal_error" },
    };

    [Theory, MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void Answer_AnyFailure_TellsMemoryFromOtherTrouble(Exception failure, int status, string code)
    {
        var answer = ApiExceptionHandler.Answer(failure, "/v1/completions");

        Assert.Equal((status, code), (answer.Status, Assert.IsType<ApiError>(answer.Body(new DefaultHttpContext().Request)).Error.Code));
    }

    // What the tensor library says on the way, up to what the client is told.
    [Fact]
    public async Task Answer_OutOfMemoryInTheEngine_IsThatOfTheRule()
    {
        using var session = await models.Lab.Get<ModelHost>().OpenAsync(ModelLab.Golden, TestContext.Current.CancellationToken);

        var failure = await Record.ExceptionAsync(() => session.GenerateAsync(
            new EngineRequest([], [1, 2], new GenerationSettings { MaxNewTokens = 2 }), _ => throw new ExternalException("CUDA error: CUBLAS_STATUS_ALLOC_FAILED"), TestContext.Current.CancellationToken));

        Assert.Equal(503, ApiExceptionHandler.Answer(failure!, "/v1/completions").Status);
    }
}
