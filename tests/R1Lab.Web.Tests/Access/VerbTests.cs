using System.Reflection;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Device;
using R1Lab.Web.Serving;
using R1Lab.Web.Studies;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Access;

/// <summary>
/// Every asynchronous verb of the stores and of the services of the web room, written out: what changes something takes an actor first. A verb
/// that stands in neither list fails, so that somebody decides.
/// </summary>
public sealed class VerbTests
{
    private static readonly string[] Changes =
    [
        "AccessStore: CreateFirstAdmin CreateKey IssueSetupToken RevokeKey RotateKey",
        "AuditStore: Record",
        "ConversationStore: Append Create Delete Rename Truncate",
        "DatasetStore: AddRow Create Delete DeleteRows Rename Undo UpdateRow",
        "EndpointStore: Add RecordCheck Remove Update",
        "ModelStore: Add RegisterFolder Remove Rename",
        "NotificationStore: MarkAllRead MarkRead",
        "RatingStore: Enter Next Submit TakeBackSkip UndoSubmit",
        "RunStore: Append ClaimNext Create Delete Demand DropMetricsAfter MarkInterrupted Move Pause Rename SetDataset SetFinalLoss SetOutputPath SetStatus SetStep",
        "SessionStore: End",
        "SettingsStore: Set",
        "StudyStore: AddItem Create Delete Demand NoteWritingEnded SetPrimary SetStatus",
        "UploadStore: Advance Create Delete Demand",
        "UserStore: Create SetDisabled SetPassword SetPreferences SetRole",
        "DatasetImport: Run",
        "EndpointRegistry: Add Check Update",
        "ModelHost: Unload",
        "ModelLibrary: Register Scan",
        "QueueSwitches: SetContinuesOnError SetHold",
        "RunConfirmations: Record",
        "RunLine: GoOn Hold SetContinuesOnError",
        "RunQueue: Enqueue Move Resume RunAgain Stop",
        "StudyGenerator: Cancel Continue Delete Start",
        "UploadFolder: Append Begin Remove RemoveLeftovers",
        "UserAccounts: ChangePassword ChangeRole Create ResetPassword SetDisabled",
    ];

    /// <summary>What reads, or keeps only what can be worked out again: hashes, the time of a key's last use, models in memory.</summary>
    private static readonly string[] Reads =
    [
        "AccessStore: AdminExists FindKey IsSetupToken ListKeys",
        "AuditStore: Page",
        "ConversationStore: Get List",
        "DatasetStore: ContentHash Export Find Get GetRow LastEdit List Page ReadAll RowNumbers",
        "EndpointStore: Find Get List",
        "ModelStore: Adapters Find FindByPath Get List",
        "NotificationStore: List State",
        "RatingStore: Entry Open Studies Submissions",
        "RunStore: Curve Events Get Ledger List Metrics Probes RowTexts Waiting",
        "SessionStore: Find FindKey",
        "SettingsStore: Get",
        "StudyEntryStore: Revisions Skips Unsubmitted",
        "StudyStore: Export Get HasRatings List Results",
        "UploadFolder: Receive",
        "UploadStore: Get Ids Stale",
        "UserStore: Get List",
        "DatasetEncoder: Encode",
        "DeviceLease: Acquire",
        "DeviceLoan: Lend",
        "GenerationTurns: Enter",
        "LoggedSteps: Steps",
        "EndpointProbe: Ask",
        "IStudyAnswerer: Answer",
        "ITextEngine: Generate",
        "ModelChooser: Choose",
        "ModelHost: List Open OpenVocabulary",
        "ChatService: Ask Encode",
        "EngineDirectory: Defaults Open",
        "OpenAnswers: Finish Updates",
        "ModelLibrary: BaseOf Find FirstBase List Vocabulary",
        "ITextEngine: Generate",
        "LocalEngine: Generate",
        "QueueSwitches: ContinuesOnError Hold",
        "OutboundHttp: Send",
        "RemoteEngines: List Open",
        "Reply: Run",
        "RunFixes: Of",
        "RunForecast: TimeLeft",
        "RunLine: Picture",
        "RunPace: Measured Own",
        "RunPlanner: Plan Sample",
        "RunQueue: Check Sample",
        "StudyAnswerer: Answer",
        "StudyPrompts: FromDataset",
    ];

    /// <summary>What has its own proof of who asks, or is the background work itself.</summary>
    private static readonly string[] WithoutActor =
    [
        "LiveSession: Demand DemandSignedIn", // gives actors
        "UserSessions: End Find Holds ValidateCookie", // the principal is the proof
        "UserAccounts: SetUp", // the one-time token is the proof
        "SignInDesk: SignIn", // name and password are the proof
        "BackupCommand: Run", // whoever may read the files
        "ConnectionShare: Run", // before there is a request
        "RunExecution: NoteInterruption Run",
        "RunReceipts: Complete",
        "RunResults: Register",
    ];

    [Fact]
    public void Verbs_OfStoresAndServices_AreAllListed()
    {
        var listed = Names(Changes).Concat(Names(Reads)).Concat(Names(WithoutActor)).ToList();
        var known = Verbs().Select(Name).ToHashSet();

        Assert.Equal("unlisted:  gone: ", $"unlisted: {string.Join(' ', known.Except(listed))} gone: {string.Join(' ', listed.Except(known))}");
    }

    [Fact]
    public void Verbs_ThatChangeSomething_TakeAnActorFirst()
    {
        var changes = Names(Changes).ToHashSet();

        var without = Verbs().Where(verb => changes.Contains(Name(verb)) && verb.GetParameters().FirstOrDefault()?.ParameterType != typeof(Actor));

        Assert.Empty(without.Select(Name));
    }

    [Fact]
    public void Actor_OutsideTheData_IsMadeByTheAccessRoomOnly()
    {
        var access = Path.Combine("R1Lab.Web", "Access") + Path.DirectorySeparatorChar;

        var makers = Sources().Where(file => !file.Contains(access, StringComparison.Ordinal) && !file.Contains("R1Lab.Data" + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .Where(file => File.ReadAllText(file).Contains("Actor.Of(", StringComparison.Ordinal));

        Assert.Empty(makers);
    }

    [Fact]
    public void SystemActor_InPagesAndEndpoints_IsNeverUsed()
    {
        string[] rooms = [Path.Combine("R1Lab.Web", "Components") + Path.DirectorySeparatorChar, Path.Combine("R1Lab.Web", "Api") + Path.DirectorySeparatorChar];

        var users = Sources().Where(file => rooms.Any(room => file.Contains(room, StringComparison.Ordinal)))
            .Where(file => File.ReadAllText(file).Contains("Actor.System(", StringComparison.Ordinal));

        Assert.Empty(users);
    }

    private static IEnumerable<MethodInfo> Verbs() =>
        new[] { typeof(AccessStore).Assembly, typeof(Program).Assembly }.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.IsPublic && (type.Name.EndsWith("Store", StringComparison.Ordinal)
                || type.Namespace is { } room && room.StartsWith("R1Lab.Web.", StringComparison.Ordinal) && !IsOutside(room)))
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => method.GetBaseDefinition() == method && method.Name.EndsWith("Async", StringComparison.Ordinal) && method.Name != "DisposeAsync")
            .Where(method => !method.DeclaringType!.GetInterfaces().Any(one => one.Namespace!.StartsWith("Microsoft", StringComparison.Ordinal)));

    private static bool IsOutside(string room) =>
        room.StartsWith("R1Lab.Web.Components", StringComparison.Ordinal) || room.StartsWith("R1Lab.Web.Api", StringComparison.Ordinal);

    private static string Name(MethodInfo verb) => $"{verb.DeclaringType!.Name}.{verb.Name[..^"Async".Length]}";

    private static IEnumerable<string> Names(IEnumerable<string> lists) => lists.SelectMany(list =>
        list.Split(": ") is [var type, var verbs] ? verbs.Split(' ').Select(verb => $"{type}.{verb}") : throw new InvalidOperationException(list));

    private static IEnumerable<string> Sources() => Directory.EnumerateFiles(Path.Combine(ReferenceFiles.Repository, "src"), "*.*", SearchOption.AllDirectories)
        .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal))
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
}
