using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using R1Lab.Data;
using R1Lab.Engine.Devices;
using R1Lab.Web.Api;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Tests.Api;

/// <summary>Every answer of 500 and above leaves one log entry that says what happened; a client's mistake leaves none.</summary>
public sealed class FailureLogTests
{
    private const string Path = "/api/v1/datasets/7";

    public static TheoryData<Exception, bool> Exceptions { get; } = new()
    {
        { new InvalidOperationException("a fault of the lab"), true },
        { new NullReferenceException("a fault of the lab"), true },
        { new IOException("No space left on device") { HResult = 28 }, true },
        { new MemoryRefusedException("The model", 2, 1, "cpu"), true },
        { new ModelUnavailableException("The model cannot be loaded") { Exists = true }, true },
        { new ModelUnavailableException("There is no such model"), false },
        { new OutOfMemoryException("heap"), true },
        { new JsonException("bad"), false },
        { new RecordNotFoundException("dataset", 7), false },
        { new ApiFieldException("prompt", "prompt is missing"), false },
        { new BadHttpRequestException("too large", StatusCodes.Status413PayloadTooLarge), false },
    };

    [Theory]
    [MemberData(nameof(Exceptions), DisableDiscoveryEnumeration = true)]
    public async Task TryHandleAsync_Failure_IsLoggedOnceWithWhatWasAsked(Exception failure, bool isLogged)
    {
        var log = new Entries();
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider(), TraceIdentifier = "request 1" };
        context.Request.Method = "GET";
        context.Features.Set<IExceptionHandlerPathFeature>(new ExceptionHandlerFeature { Path = Path, Error = failure });

        Assert.True(await new ApiExceptionHandler(log).TryHandleAsync(context, failure, TestContext.Current.CancellationToken));

        Assert.Equal(isLogged, context.Response.StatusCode >= 500);
        if (isLogged) Assert.Equal([(LogLevel.Error, $"GET {Path} was answered {context.Response.StatusCode} (request request 1)", failure)], log);
        else Assert.Empty(log);
    }

    private sealed class Entries : List<(LogLevel Level, string Text, Exception? Error)>, ILogger<ApiExceptionHandler>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add((logLevel, formatter(state, exception), exception));
    }
}
