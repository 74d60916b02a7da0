using R1Lab.Data.Access;
using R1Lab.Data.Conversations;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>
/// The table of rights of every state-changing verb of the stores: who may use it on an own object and on somebody else's. It is written out
/// here; a verb without a line fails.
/// </summary>
public sealed class VerbRightsTests
{
    private const string Me = "me";
    private const string Other = "other";
    private static readonly UploadQuota Roomy = new(PerOwner: 100, BytesPerOwner: 10_000, Bytes: 10_000, FreeBytes: 10_000);
    private static readonly string[] Roles = [LabRoles.Admin, LabRoles.Trainer, LabRoles.Rater, LabRoles.Viewer, LabRoles.Generate];

    /// <summary>A verb; the roles that may use it on an own object; those that may on another's; how to make the object; how to call the verb.</summary>
    private sealed record Line(
        string Verb, string Own, string Others, Func<LabFixture, string, Task<object>> Make, Func<LabFixture, Actor, object, Task<object?>> Call);

    private static readonly Line[] Table =
    [
        new("DatasetStore.Create", "Admin Trainer", "Admin Trainer", None, async (lab, by, _) => await lab.Datasets.CreateAsync(by, new NewDataset("n", DatasetFormats.PromptResponse), [Row], Cancel)),
        new("DatasetStore.Rename", "Admin Trainer", "Admin", DatasetAsync, async (lab, by, id) => await lab.Datasets.RenameAsync(by, (int)id, "new", Cancel)),
        new("DatasetStore.Delete", "Admin Trainer", "Admin", DatasetAsync, async (lab, by, id) => await lab.Datasets.DeleteAsync(by, (int)id, Cancel)),
        new("DatasetStore.AddRow", "Admin Trainer", "Admin", DatasetAsync, async (lab, by, id) => await lab.Datasets.AddRowAsync(by, (int)id, Row, Cancel)),
        new("DatasetStore.UpdateRow", "Admin Trainer", "Admin", DatasetAsync, async (lab, by, id) => await lab.Datasets.UpdateRowAsync(by, (int)id, await FirstRowAsync(lab, (int)id), TestRows.Pair("x", "y"), null, Cancel)),
        new("DatasetStore.DeleteRows", "Admin Trainer", "Admin", DatasetAsync, async (lab, by, id) => await lab.Datasets.DeleteRowsAsync(by, (int)id, [await FirstRowAsync(lab, (int)id)], Cancel)),
        new("DatasetStore.Undo", "Admin Trainer", "Admin", EditedDatasetAsync, async (lab, by, id) => await lab.Datasets.UndoAsync(by, (int)id, Cancel)),
        new("UploadStore.Create", "Admin Trainer", "Admin Trainer", None, async (lab, by, _) => await lab.Uploads.CreateAsync(by, "f", 10, Roomy, Cancel)),
        new("UploadStore.Advance", "Admin Trainer", "Admin", UploadAsync, async (lab, by, id) => await lab.Uploads.AdvanceAsync(by, (string)id, 0, 5, Cancel)),
        new("UploadStore.Delete", "Admin Trainer", "Admin", UploadAsync, async (lab, by, id) => await lab.Uploads.DeleteAsync(by, (string)id, Cancel)),
        new("UploadStore.Demand", "Admin Trainer", "Admin", UploadAsync, (lab, by, id) => DoneAsync(lab.Uploads.DemandAsync(by, (string)id, Cancel))),
        new("ModelStore.Add", "Admin Trainer", "Admin Trainer", None, async (lab, by, _) => await lab.Models.AddAsync(by, Model($"n {by.Id}"), Cancel)),
        new("ModelStore.RegisterFolder", "Admin Trainer", "Admin Trainer", ModelAsync, async (lab, by, _) => await lab.Models.RegisterFolderAsync(by, Model("known"), Cancel)),
        new("ModelStore.Rename", "Admin Trainer", "Admin", ModelAsync, async (lab, by, id) => await lab.Models.RenameAsync(by, (int)id, $"new {id}", Cancel)),
        new("ModelStore.Remove", "Admin Trainer", "Admin", ModelAsync, async (lab, by, id) => await lab.Models.RemoveAsync(by, (int)id, Cancel)),
        new("EndpointStore.Add", "Admin", "Admin", None, async (lab, by, _) => await lab.Endpoints.AddAsync(by, EndpointStoreTests.Edit($"e {by.Id}"), Cancel)),
        new("EndpointStore.Update", "Admin", "Admin", EndpointAsync, (lab, by, id) => DoneAsync(lab.Endpoints.UpdateAsync(by, (int)id, 1, EndpointStoreTests.Edit($"new {id}"), Cancel))),
        new("EndpointStore.Remove", "Admin", "Admin", EndpointAsync, async (lab, by, id) => await lab.Endpoints.RemoveAsync(by, (int)id, Cancel)),
        new("EndpointStore.RecordCheck", "Admin", "Admin", EndpointAsync, async (lab, by, id) => await lab.Endpoints.RecordCheckAsync(by, (int)id, 1, new EndpointCheck(null, null, 1), Cancel)),
        new("RunStore.Create", "Admin Trainer", "Admin Trainer", None, async (lab, by, _) => await lab.Runs.CreateAsync(by, new NewRun("r", "{}", "m"), Cancel)),
        new("RunStore.SetStatus", "Admin Trainer", "Admin", RunAsync, async (lab, by, id) => await lab.Runs.SetStatusAsync(by, (int)id, RunStatus.Stopped, cancellationToken: Cancel)),
        new("RunStore.Move", "Admin Trainer", "Admin", RunAsync, async (lab, by, id) => await lab.Runs.MoveAsync(by, (int)id, null, Cancel)),
        new("RunStore.Rename", "Admin Trainer", "Admin", RunAsync, async (lab, by, id) => await lab.Runs.RenameAsync(by, (int)id, "new", Cancel)),
        new("RunStore.Delete", "Admin Trainer", "Admin", RunAsync, async (lab, by, id) => await lab.Runs.DeleteAsync(by, (int)id, Cancel)),
        new("RunStore.Demand", "Admin Trainer", "Admin", RunAsync, (lab, by, id) => DoneAsync(lab.Runs.DemandAsync(by, (int)id, Cancel))),
        new("RunStore.Pause", "Admin Trainer", "Admin", ClaimedRunAsync, async (lab, by, id) => await lab.Runs.PauseAsync(by, (int)id, "disk_full", "full", Cancel)),
        new("RunStore.Append", "Admin Trainer", "Admin", RunAsync, (lab, by, id) => DoneAsync(lab.Runs.AppendAsync(by, (int)id, [], [], Cancel))),
        new("RunStore.DropMetricsAfter", "Admin Trainer", "Admin", RunAsync, (lab, by, id) => DoneAsync(lab.Runs.DropMetricsAfterAsync(by, (int)id, 0, cancellationToken: Cancel))),
        new("RunStore.SetOutputPath", "Admin Trainer", "Admin", RunAsync, (lab, by, id) => ChangedAsync(lab, (int)id, lab.Runs.SetOutputPathAsync(by, (int)id, "/new", Cancel), run => run.OutputPath == "/new")),
        new("RunStore.SetDataset", "Admin Trainer", "Admin", RunAsync, (lab, by, id) => ChangedAsync(lab, (int)id, lab.Runs.SetDatasetAsync(by, (int)id, "h", 7, Cancel), run => run.DatasetHash == "h")),
        new("RunStore.SetStep", "Admin Trainer", "Admin", RunAsync, (lab, by, id) => ChangedAsync(lab, (int)id, lab.Runs.SetStepAsync(by, (int)id, 9, Cancel), run => run.Step == 9)),
        new("RunStore.SetFinalLoss", "Admin Trainer", "Admin", RunAsync, (lab, by, id) => ChangedAsync(lab, (int)id, lab.Runs.SetFinalLossAsync(by, (int)id, 2, Cancel), run => run.FinalLoss == 2)),
        new("RunStore.ClaimNext", "Admin", "Admin", RunAsync, async (lab, by, _) => await lab.Runs.ClaimNextAsync(by, Cancel)),
        new("RunStore.MarkInterrupted", "Admin", "Admin", RunAsync, async (lab, by, _) => await lab.Runs.MarkInterruptedAsync(by, Cancel)),
        new("StudyStore.Create", "Admin Trainer", "Admin Trainer", None, async (lab, by, _) => await lab.Studies.CreateAsync(by, RatingStoreTests.Sample(1, 1), Cancel)),
        new("StudyStore.AddItem", "Admin Trainer", "Admin", StudyAsync, (lab, by, id) => DoneAsync(lab.Studies.AddItemAsync(by, (int)id, RatingStoreTests.Sample(1, 1).Items[0], Cancel))),
        new("StudyStore.SetStatus", "Admin Trainer", "Admin", StudyAsync, async (lab, by, id) => await lab.Studies.SetStatusAsync(by, (int)id, StudyStatus.Closed, Cancel)),
        new("StudyStore.NoteWritingEnded", "Admin Trainer", "Admin", StudyAsync, (lab, by, id) => DoneAsync(lab.Studies.NoteWritingEndedAsync(by, (int)id, true, Cancel))),
        new("NotificationStore.MarkRead", "Admin Trainer Rater Viewer Generate", "", NotificationAsync, async (lab, by, id) => await lab.Notifications.MarkReadAsync(by, (int)id, Cancel)),
        new("NotificationStore.MarkAllRead", "Admin Trainer Rater Viewer Generate", "Admin Trainer Rater Viewer Generate", NotificationAsync, (lab, by, id) => DoneAsync(lab.Notifications.MarkAllReadAsync(by, (int)id, Cancel))),
        new("StudyStore.SetPrimary", "Admin Trainer", "Admin", StudyAsync, (lab, by, id) => DoneAsync(lab.Studies.SetPrimaryAsync(by, (int)id, new PrimaryComparison("safety", "demo", "demo-tuned"), Cancel))),
        new("StudyStore.Delete", "Admin Trainer", "Admin", StudyAsync, async (lab, by, id) => await lab.Studies.DeleteAsync(by, (int)id, Cancel)),
        new("StudyStore.Demand", "Admin Trainer", "Admin", StudyAsync, (lab, by, id) => DoneAsync(lab.Studies.DemandAsync(by, (int)id, Cancel))),
        new("RatingStore.Next", "Admin Trainer Rater", "Admin Trainer Rater", StudyAsync, async (lab, by, id) => await lab.Ratings.NextAsync(by, (int)id, Cancel)),
        new("RatingStore.Enter", "Admin Trainer Rater", "", TaskAsync, async (lab, by, task) => await lab.Ratings.EnterAsync(by, ((RatingTask)task).AssignmentId, Entry(EntryIntent.Draft), Cancel)),
        new("RatingStore.TakeBackSkip", "Admin Trainer Rater", "", SkippedAsync, async (lab, by, task) => await lab.Ratings.TakeBackSkipAsync(by, ((RatingTask)task).AssignmentId, Cancel)),
        new("RatingStore.Submit", "Admin Trainer Rater", "", TaskAsync, async (lab, by, task) => await lab.Ratings.SubmitAsync(by, ((RatingTask)task).AssignmentId, RatingStoreTests.All((RatingTask)task, 3), Cancel)),
        new("RatingStore.UndoSubmit", "Admin Trainer Rater", "", SubmittedAsync, async (lab, by, task) => await lab.Ratings.UndoSubmitAsync(by, ((RatingTask)task).AssignmentId, Cancel)),
        new("ConversationStore.Create", "Admin Trainer Generate", "Admin Trainer Generate", None, async (lab, by, _) => await lab.Conversations.CreateAsync(by, "t", cancellationToken: Cancel)),
        new("ConversationStore.Append", "Admin Trainer Generate", "", ChatAsync, (lab, by, id) => DoneAsync(lab.Conversations.AppendAsync(by, (int)id, [new ConversationTurn { Role = "user", Content = "x" }], Cancel))),
        new("ConversationStore.Truncate", "Admin Trainer Generate", "", ChatAsync, (lab, by, id) => DoneAsync(lab.Conversations.TruncateAsync(by, (int)id, 0, Cancel))),
        new("ConversationStore.Rename", "Admin Trainer Generate", "", ChatAsync, async (lab, by, id) => await lab.Conversations.RenameAsync(by, (int)id, "new", Cancel)),
        new("ConversationStore.Delete", "Admin Trainer Generate", "", ChatAsync, async (lab, by, id) => await lab.Conversations.DeleteAsync(by, (int)id, Cancel)),
        new("AccessStore.CreateKey", "Admin", "Admin", None, async (lab, by, _) => await lab.Access.CreateKeyAsync(by, "k", [ApiScopes.All], by.Id, cancellationToken: Cancel)),
        new("AccessStore.RotateKey", "Admin", "Admin", IssuedKeyAsync, async (lab, by, key) => await lab.Access.RotateKeyAsync(by, (ApiKey)key, TimeSpan.Zero, null, Cancel)),
        new("AccessStore.RevokeKey", "Admin Trainer Rater Viewer Generate", "Admin", KeyAsync, async (lab, by, id) => await lab.Access.RevokeKeyAsync(by, (int)id, Cancel)),
        new("AccessStore.IssueSetupToken", "Admin", "Admin", None, (lab, by, _) => DoneAsync(lab.Access.IssueSetupTokenAsync(by, Cancel))),
        new("AccessStore.CreateFirstAdmin", "Admin", "Admin", None, async (lab, by, _) => await lab.Access.CreateFirstAdminAsync(by, "token", new LabUser { UserName = "first" }, Cancel)),
        new("UserStore.Create", "Admin", "Admin", None, (lab, by, _) => DoneAsync(lab.Users.CreateAsync(by, new LabUser { UserName = $"new {by.Id}" }, LabRoles.Rater, Cancel))),
        new("UserStore.SetRole", "Admin", "Admin", AccountAsync, (lab, by, id) => DoneAsync(lab.Users.SetRoleAsync(by, (string)id, LabRoles.Viewer, Cancel))),
        new("UserStore.SetDisabled", "Admin", "Admin", AccountAsync, (lab, by, id) => DoneAsync(lab.Users.SetDisabledAsync(by, (string)id, true, Cancel))),
        new("UserStore.SetPassword", "Admin Trainer Rater Viewer Generate", "Admin", AccountAsync, (lab, by, id) => DoneAsync(lab.Users.SetPasswordAsync(by, (string)id, "hash", Cancel))),
        new("UserStore.SetPreferences", "Admin Trainer Rater Viewer Generate", "Admin Trainer Rater Viewer Generate", AccountAsync, (lab, by, _) => DoneAsync(lab.Users.SetPreferencesAsync(by, "en", null, Cancel))),
        new("SettingsStore.Set", "Admin Trainer", "Admin Trainer", None, (lab, by, _) => DoneAsync(lab.Settings.SetAsync(by, "a", "1", cancellationToken: Cancel))),
        new("SessionStore.End", "Admin Trainer Rater Viewer Generate", "Admin Trainer Rater Viewer Generate", None, (lab, by, _) => DoneAsync(lab.Sessions.EndAsync(by, TimeSpan.FromDays(14), Cancel))),
        new("AuditStore.Record", "Admin Trainer Rater Viewer Generate", "Admin Trainer Rater Viewer Generate", None, (lab, by, _) => DoneAsync(lab.Audit.RecordAsync(by, "x", cancellationToken: Cancel))),
    ];

    public static TheoryData<string> Verbs => [.. Table.Select(line => line.Verb)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static NewRow Row => TestRows.Pair("prompt", "response");

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Verb_OfEveryRoleOnOwnAndOthersObjects_DoesWhatTheTableSays(string verb)
    {
        var line = Table.Single(one => one.Verb == verb);
        await using var lab = await LabFixture.CreateAsync();
        await lab.Users.CreateAsync(Actors.Lab, new LabUser { Id = "boss", UserName = "boss" }, LabRoles.Admin, Cancel);
        foreach (var role in Roles)
        {
            var (own, others) = (await TryAsync(lab, line, role, isOwner: true), await TryAsync(lab, line, role, isOwner: false));
            Assert.True((line.Own.Split(' ').Contains(role), line.Others.Split(' ').Contains(role)) == (own, others), $"{verb} by {role}: own {own}, others' {others}");
        }
    }

    [Fact]
    public void Table_OfVerbs_HasEveryVerbThatTakesAnActor()
    {
        var verbs = typeof(AccessStore).Assembly.GetTypes().Where(type => type.IsPublic && type.Name.EndsWith("Store", StringComparison.Ordinal))
            .SelectMany(store => store.GetMethods().Where(method => method.GetParameters() is [{ ParameterType: var first }, ..] && first == typeof(Actor))
                .Select(method => $"{store.Name}.{method.Name[..^"Async".Length]}")).Distinct();

        Assert.Equal(verbs.Order(StringComparer.Ordinal), Table.Select(line => line.Verb).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Refusal_OfAChange_ChangesNothingAndStaysInTheAudit()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = (int)await DatasetAsync(lab, Other);

        await Assert.ThrowsAsync<NotAllowedException>(() => lab.Datasets.RenameAsync(Actors.User(Me), dataset, "mine", Cancel));

        Assert.Equal("d", (await lab.Datasets.GetAsync(dataset, Cancel))!.Name);
        var entry = Assert.Single((await lab.Audit.PageAsync(0, 10, AuditActions.Refused, Cancel)).Entries);
        Assert.Equal((Me, $"The dataset {dataset} belongs to {Other}; only its owner and administrators may change it."), (entry.ActorId, entry.Detail));
    }

    [Fact]
    public async Task Object_WithoutOwner_IsChangedByAdministratorsOnly()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, new NewDataset("d", DatasetFormats.PromptResponse), [Row], Cancel);

        await Assert.ThrowsAsync<NotAllowedException>(() => lab.Datasets.DeleteAsync(Actors.User(Me), dataset.Id, Cancel));

        Assert.True(await lab.Datasets.DeleteAsync(Actors.User("boss", LabRoles.Admin), dataset.Id, Cancel));
    }

    private static async Task<bool> TryAsync(LabFixture lab, Line line, string role, bool isOwner)
    {
        var me = $"{role} {isOwner}";
        var made = await line.Make(lab, isOwner ? me : $"{Other} than {me}");
        try
        {
            return await line.Call(lab, Actors.User(me, role), made) is not (null or false or 0);
        }
        catch (Exception refused) when (refused is NotAllowedException or RecordNotFoundException)
        {
            return false;
        }
    }

    private static async Task<object?> DoneAsync(Task work)
    {
        await work;
        return true;
    }

    private static async Task<object?> ChangedAsync(LabFixture lab, int run, Task work, Func<Run, bool> changed)
    {
        await work;
        return changed((await lab.Runs.GetAsync(run, Cancel))!);
    }

    private static Task<object> None(LabFixture lab, string owner) => Task.FromResult<object>(0);

    private static async Task<object> DatasetAsync(LabFixture lab, string owner) =>
        (await lab.Datasets.CreateAsync(Actors.User(owner), new NewDataset("d", DatasetFormats.PromptResponse), [Row], Cancel)).Id;

    private static async Task<int> FirstRowAsync(LabFixture lab, int dataset) =>
        (await lab.Datasets.PageAsync(dataset, 0, 1, cancellationToken: Cancel)).Rows[0].Id;

    private static async Task<object> EditedDatasetAsync(LabFixture lab, string owner)
    {
        var dataset = (int)await DatasetAsync(lab, owner);
        await lab.Datasets.AddRowAsync(Actors.Lab, dataset, Row, Cancel);
        return dataset;
    }

    private static async Task<object> UploadAsync(LabFixture lab, string owner) => (await lab.Uploads.CreateAsync(Actors.User(owner), "f", 10, Roomy, Cancel)).Id;

    private static async Task<object> EndpointAsync(LabFixture lab, string owner) => (await lab.Endpoints.AddAsync(Actors.Lab, EndpointStoreTests.Edit($"e of {owner}"), Cancel)).Id;

    private static async Task<object> ModelAsync(LabFixture lab, string owner) => (await lab.Models.AddAsync(Actors.User(owner), Model($"m of {owner}"), Cancel)).Id;

    private static RegisteredModel Model(string name) => new() { Name = name, Path = $"/models/{name}", Kind = ModelKind.Base };

    private static async Task<object> RunAsync(LabFixture lab, string owner) => (await lab.Runs.CreateAsync(Actors.User(owner), new NewRun("r", "{}", "m"), Cancel)).Id;

    private static async Task<object> ClaimedRunAsync(LabFixture lab, string owner)
    {
        var run = await RunAsync(lab, owner);
        await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel);
        return run;
    }

    private static async Task<object> NotificationAsync(LabFixture lab, string owner)
    {
        await AccountAsync(lab, owner);
        await lab.Runs.SetStatusAsync(Actors.Lab, (int)await ClaimedRunAsync(lab, owner), RunStatus.Finished, cancellationToken: Cancel);
        return (await lab.Notifications.ListAsync(owner, 1, Cancel)).Newest[0].Id;
    }

    private static async Task<object> StudyAsync(LabFixture lab, string owner) =>
        (await lab.Studies.CreateAsync(Actors.User(owner), RatingStoreTests.Sample(items: 1, overlap: 3), Cancel)).Id;

    private static async Task<object> TaskAsync(LabFixture lab, string owner) =>
        (await lab.Ratings.NextAsync(Actors.Rater(owner), (int)await StudyAsync(lab, Other), Cancel))!;

    private static async Task<object> SubmittedAsync(LabFixture lab, string owner)
    {
        var task = (RatingTask)await TaskAsync(lab, owner);
        await lab.Ratings.SubmitAsync(Actors.Rater(owner), task.AssignmentId, RatingStoreTests.All(task, 3), Cancel);
        return task;
    }

    private static async Task<object> SkippedAsync(LabFixture lab, string owner)
    {
        var task = (RatingTask)await TaskAsync(lab, owner);
        await lab.Ratings.EnterAsync(Actors.Rater(owner), task.AssignmentId, Entry(EntryIntent.Skip), Cancel);
        return task;
    }

    private static RatingEntry Entry(EntryIntent intent) => new(new EntryStamp("tab", 1), [], intent, RatingDraft.Empty, intent == EntryIntent.Skip ? SkipReason.Broken : null);

    private static async Task<object> ChatAsync(LabFixture lab, string owner) => (await lab.Conversations.CreateAsync(Actors.User(owner), "t", cancellationToken: Cancel)).Id;

    private static async Task<object> IssuedKeyAsync(LabFixture lab, string owner) =>
        (await lab.Access.CreateKeyAsync(Actors.Lab, "k", [ApiScopes.All], owner, cancellationToken: Cancel)).Key;

    private static async Task<object> KeyAsync(LabFixture lab, string owner) =>
        (await lab.Access.CreateKeyAsync(Actors.Lab, "k", [ApiScopes.All], owner, cancellationToken: Cancel)).Key.Id;

    private static async Task<object> AccountAsync(LabFixture lab, string owner)
    {
        await lab.Users.CreateAsync(Actors.Lab, new LabUser { Id = owner, UserName = owner }, LabRoles.Rater, Cancel);
        return owner;
    }
}
