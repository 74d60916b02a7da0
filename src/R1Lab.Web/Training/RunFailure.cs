using R1Lab.Data;
using R1Lab.Engine;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>Why a run ended badly, in the user's words, with a code to look up and to translate by.</summary>
/// <param name="Kind">Kind of the event on the run's time line.</param>
/// <param name="Message">The English sentence.</param>
/// <param name="Arguments">The values in the sentence, for its translation.</param>
public sealed record RunFailure(string Kind, string Message, params IReadOnlyList<object> Arguments)
{
    /// <summary>The plan has an error; its code and the values of its sentence follow.</summary>
    public const string PlanRefusedKind = "plan_refused";

    /// <summary>Too little memory, by counting; the bytes needed and free follow.</summary>
    public const string MemoryRefusedKind = "memory_refused";

    private const string DiskFullKind = "disk_full";
    private const int DiskFullResult = unchecked((int)0x80070070);
    private const int NoSpaceOnDevice = 28;

    /// <summary>The step it came in, where the error says so.</summary>
    public int? Step { get; init; }

    /// <summary>What the run waits for before it can go on as it is; null when something must be changed first.</summary>
    public string? PausedFor => Kind == DiskFullKind ? Kind : null;

    /// <param name="error">What ended the run.</param>
    /// <param name="output">The run's folder, whose disk may be the full one.</param>
    public static RunFailure Of(Exception error, string output) => error switch
    {
        MemoryRefusedException refused => new(MemoryRefusedKind, $"R1L-OOM-03: {error.Message}", refused.NeededBytes, refused.FreeBytes),
        PlanRefusedException { Problem: { } problem } => new(
            PlanRefusedKind, $"R1L-PLAN-01: {error.Message}", problem.Code, problem.Arguments),
        TrainingMemoryException => new("out_of_memory", $"R1L-OOM-02: {error.Message}"),
        _ when OutOfMemory.Is(error) => new("out_of_memory",
            "R1L-OOM-01: The device ran out of memory. Halve the batch size and double the accumulation (the result stays the same), lower the cutoff length, or recompute activations."),
        _ when IsDiskFull(error) => DiskFull(DiskNeed.Of(error, output)),
        TrainingDivergedException diverged => Diverged(diverged),
        ResumeRefusedException => new("resume_refused", $"R1L-TRAIN-02: {error.Message}"),
        BadInputException => new("bad_input", $"R1L-DATA-01: {error.Message}"),
        _ => new("failed", $"R1L-TRAIN-99: {error.Message}"),
    };

    private static RunFailure Diverged(TrainingDivergedException error) => new(TrainingEventKinds.Diverged, $"R1L-TRAIN-01: {error.Message}",
        error.Step, error.Quantity, string.Join(", ", error.Rows), error.Layer)
    {
        Step = error.Step,
    };

    private static RunFailure DiskFull(DiskNeed need) => new(DiskFullKind,
        $"R1L-DISK-01: The disk is full: {need.NeededBytes} bytes are needed and {need.FreeBytes} are free where {need.Folder} lies. Free some space and resume; nothing that was saved is lost.",
        need.NeededBytes, need.FreeBytes, need.Folder);

    private static bool IsDiskFull(Exception error) => FullDisk.Is(error) || error is IOException
        && (error is NotEnoughSpaceException || error.HResult is DiskFullResult or NoSpaceOnDevice || Says(error, "No space left") || Says(error, "disk is full"));

    private static bool Says(Exception error, string text) => error.Message.Contains(text, StringComparison.OrdinalIgnoreCase);
}
