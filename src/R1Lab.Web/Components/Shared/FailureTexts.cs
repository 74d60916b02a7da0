using System.Data.Common;
using Microsoft.Extensions.Localization;
using Microsoft.JSInterop;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Engine;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Native;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Localization;
using R1Lab.Web.Serving;
using R1Lab.Web.Serving.Remote;

namespace R1Lab.Web.Components.Shared;

/// <summary>Names the texts of failures, one a kind of exception.</summary>
public sealed class FailureTexts;

/// <summary>
/// Exceptions in the reader's language: a page never shows what an exception says, except for the reasons that the lab's own exceptions give.
/// </summary>
public static class FailureTranslation
{
    private const int DiskFullResult = unchecked((int)0x80070070);
    private const int NoSpaceOnDevice = 28;
    private const string Unknown = "Unknown";

    /// <summary>One sentence for the exception's kind.</summary>
    public static string Show(this IStringLocalizer<FailureTexts> text, Exception failure) => OfTheLab(text, failure) ?? text[KeyOf(failure)].Value;

    /// <summary>The same; where the failure names a problem, the problem in the reader's language.</summary>
    public static string Show(this IStringLocalizer<FailureTexts> text, Exception failure, IStringLocalizer<ProblemTexts> problems) => failure switch
    {
        ModelUnavailableException { Problem: { } problem } => problems.Show(problem),
        AskRefusedException { Problem: { } problem } => problems.Show(problem),
        _ => text.Show(failure),
    };

    /// <summary>Whether a page shows it where it happened; anything else is a fault of the lab itself.</summary>
    public static bool IsExpected(Exception failure) => KeyOf(failure) != Unknown || failure is
        BadInputException or ModelUnavailableException or EndpointException or MemoryRefusedException or AskRefusedException
        or ChatTemplateException or RecordConflictException;

    /// <summary>The lab's own exceptions carry a reason that is meant to be read.</summary>
    private static string? OfTheLab(IStringLocalizer<FailureTexts> text, Exception failure) => failure switch
    {
        BadInputException bad => text["BadInput", text.Show(bad)].Value,
        ModelUnavailableException { Fault: { } fault } => text.Show(fault),
        ModelUnavailableException => text["ModelUnavailable", failure.Message].Value,
        AskRefusedException { Fault: { } fault } => text.Show(fault),
        MemoryRefusedException refused => text["MemoryRefused", ByteSize.Show(refused.NeededBytes), ByteSize.Show(refused.FreeBytes)].Value,
        AskRefusedException or InvalidRatingException => text["Refused", failure.Message].Value,
        ChatTemplateException => text["Template", failure.Message].Value,
        EndpointException { Fault: { } fault } => text["Endpoint", text.Show(fault)].Value,
        RecordConflictException => text["Conflict", failure.Message].Value,
        _ => null,
    };

    private static string KeyOf(Exception failure) => failure switch
    {
        ModelBusyException => "ModelBusy",
        RecordNotFoundException => "Gone",
        NotAllowedException => "NotAllowed",
        _ when OutOfMemory.Is(failure) => "OutOfMemory",
        LibTorchException => "Compute",
        NotEnoughSpaceException or IOException { HResult: DiskFullResult or NoSpaceOnDevice } => "DiskFull",
        IOException => "Disk",
        UnauthorizedAccessException => "Denied",
        _ when failure is DbException || failure.InnerException is DbException => "Database",
        TimeoutException => "TooSlow",
        JSException => "Browser",
        _ => Unknown,
    };
}
