using R1Lab.Data.Conversations;
using R1Lab.Data.Models;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

public sealed class ModelAndConversationStoreTests
{
    [Fact]
    public async Task RegisterFolderAsync_SamePathAgain_KeepsNameAndIdAndTakesNewFacts()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await lab.Models.RegisterFolderAsync(Actors.Lab, Folder("qwen", "/a", "f1"), Cancel);
        var second = await lab.Models.RegisterFolderAsync(Actors.Lab, Folder("qwen", "/b", "f2"), Cancel);

        var again = await lab.Models.RegisterFolderAsync(Actors.Lab, Folder("renamed", "/a", "f3"), Cancel);

        Assert.Equal(("qwen", "qwen-2"), (first.Name, second.Name));
        Assert.Equal((first.Id, "qwen", "f3"), (again.Id, again.Name, again.Fingerprint!));
        Assert.Equal(["qwen", "qwen-2"], (await lab.Models.ListAsync(Cancel)).Select(model => model.Name));
    }

    [Fact]
    public async Task AddRenameRemove_TakenNameOrDependants_AreRefusedInWords()
    {
        await using var lab = await LabFixture.CreateAsync();
        var model = await lab.Models.AddAsync(Actors.Lab, Folder("base", "/a", "f"), Cancel);
        var adapter = Folder("base:run", "/r", "g");
        (adapter.Kind, adapter.BaseModelId) = (ModelKind.Adapter, model.Id);
        await lab.Models.AddAsync(Actors.Lab, adapter, Cancel);

        var taken = await Assert.ThrowsAsync<RecordConflictException>(() => lab.Models.AddAsync(Actors.Lab, Folder("base", "/c", "h"), Cancel));
        var renamed = await Assert.ThrowsAsync<RecordConflictException>(() => lab.Models.RenameAsync(Actors.Lab, adapter.Id, "base", Cancel));
        var removed = await Assert.ThrowsAsync<RecordConflictException>(() => lab.Models.RemoveAsync(Actors.Lab, model.Id, Cancel));

        Assert.Equal(taken.Message, renamed.Message);
        Assert.Equal("The adapter \"base:run\" sits on this model; remove it first.", removed.Message);
        Assert.Equal([adapter.Id], (await lab.Models.AdaptersAsync(model.Id, Cancel)).Select(one => one.Id));
    }

    [Fact]
    public async Task AppendAsync_QuestionAndSideBySideAnswers_ShareAPosition()
    {
        await using var lab = await LabFixture.CreateAsync();
        var chat = await lab.Conversations.CreateAsync(Actors.User("u1"), "试一试", "be brief", Cancel);

        await lab.Conversations.AppendAsync(Actors.User("u1"), chat.Id, [Turn("user", 0), Turn("assistant", 0), Turn("assistant", 1)], Cancel);
        await lab.Conversations.AppendAsync(Actors.User("u1"), chat.Id, [Turn("user", 0), Turn("assistant", 0)], Cancel);

        var read = (await lab.Conversations.GetAsync(chat.Id, "u1", Cancel))!;
        Assert.Equal([(0, 0), (1, 0), (1, 1), (2, 0), (3, 0)], read.Turns.Select(turn => (turn.Position, turn.Column)));
        await lab.Conversations.TruncateAsync(Actors.User("u1"), chat.Id, 1, Cancel);
        Assert.Single((await lab.Conversations.GetAsync(chat.Id, "u1", Cancel))!.Turns);
    }

    // u and a are roles, the digit is the column.
    [Theory]
    [InlineData("u0 a0 a1 a2", new[] { 0, 1, 1, 1 })]
    [InlineData("a0 a0", new[] { 0, 1 })]
    [InlineData("a1 a0", new[] { 0, 1 })]
    [InlineData("a0 a1 a1 a2", new[] { 0, 0, 1, 1 })]
    [InlineData("u0 a1", new[] { 0, 1 })]
    public async Task AppendAsync_AnswersOfGrowingColumnOnly_StandSideBySide(string turns, int[] positions)
    {
        await using var lab = await LabFixture.CreateAsync();
        var chat = await lab.Conversations.CreateAsync(Actors.User("u1"), "chat", cancellationToken: Cancel);
        var appended = turns.Split(' ').Select(turn => Turn(turn[0] == 'u' ? "user" : "assistant", turn[1] - '0')).ToList();

        await lab.Conversations.AppendAsync(Actors.User("u1"), chat.Id, appended, Cancel);

        Assert.Equal(positions, appended.Select(turn => turn.Position));
    }

    [Fact]
    public async Task Conversations_AnotherOwner_SeesAndChangesNothing()
    {
        await using var lab = await LabFixture.CreateAsync();
        var chat = await lab.Conversations.CreateAsync(Actors.User("u1"), "mine", cancellationToken: Cancel);

        await Assert.ThrowsAsync<RecordNotFoundException>(() => lab.Conversations.AppendAsync(Actors.User("u2"), chat.Id, [Turn("user", 0)], Cancel));

        Assert.Null(await lab.Conversations.GetAsync(chat.Id, "u2", Cancel));
        Assert.False(await lab.Conversations.DeleteAsync(Actors.User("u2"), chat.Id, Cancel));
        Assert.Empty(await lab.Conversations.ListAsync("u2", Cancel));
        Assert.Equal("mine", Assert.Single(await lab.Conversations.ListAsync("u1", Cancel)).Title);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static RegisteredModel Folder(string name, string path, string fingerprint) =>
        new() { Name = name, Path = path, Kind = ModelKind.Base, Fingerprint = fingerprint };

    private static ConversationTurn Turn(string role, int column) => new() { Role = role, Column = column, Content = role };
}
