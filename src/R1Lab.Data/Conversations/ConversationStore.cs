using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Conversations;

/// <summary>Chats. They are private: no one reads or changes those of others, administrators included.</summary>
public sealed class ConversationStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    public async Task<Conversation> CreateAsync(
        Actor actor, string title, string? systemPrompt = null, CancellationToken cancellationToken = default)
    {
        actor.Demand(LabRight.Infer);
        var conversation = new Conversation
        {
            OwnerId = actor.DemandId(),
            Title = title,
            SystemPrompt = systemPrompt,
            CreatedAt = time.Now(),
            ChangedAt = time.Now(),
        };
        await writes.RunAsync(
            (context, token) =>
            {
                context.Add(conversation);
                return context.SaveChangesAsync(token);
            },
            cancellationToken);
        return conversation;
    }

    /// <summary>Last used first, without turns.</summary>
    public async Task<IReadOnlyList<Conversation>> ListAsync(string ownerId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Conversations.AsNoTracking().Where(one => one.OwnerId == ownerId)
            .OrderByDescending(one => one.ChangedAt).ThenByDescending(one => one.Id).ToListAsync(cancellationToken);
    }

    /// <summary>With its turns in order.</summary>
    public async Task<Conversation?> GetAsync(int id, string ownerId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Conversations.AsNoTracking()
            .Include(one => one.Turns.OrderBy(turn => turn.Position).ThenBy(turn => turn.Column))
            .FirstOrDefaultAsync(one => one.Id == id && one.OwnerId == ownerId, cancellationToken);
    }

    /// <summary>Appends turns in one transaction. Answers of growing column that follow each other stand side by side, at one position.</summary>
    /// <exception cref="RecordNotFoundException"/>
    public Task AppendAsync(
        Actor actor, int id, IReadOnlyList<ConversationTurn> turns, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var conversation = await OwnAsync(context, actor, id, token);
                var last = await context.ConversationTurns.Where(turn => turn.ConversationId == id).MaxAsync(turn => (int?)turn.Position, token);
                Place(turns, (last ?? -1) + 1);
                foreach (var turn in turns)
                {
                    turn.ConversationId = id;
                    turn.CreatedAt = time.Now();
                }

                context.AddRange(turns);
                conversation.ChangedAt = time.Now();
                await context.SaveChangesAsync(token);
            },
            cancellationToken);

    /// <summary>Removes the turns from <paramref name="position"/> on, to ask again.</summary>
    /// <exception cref="RecordNotFoundException"/>
    public Task TruncateAsync(Actor actor, int id, int position, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                await OwnAsync(context, actor, id, token);
                await context.ConversationTurns.Where(turn => turn.ConversationId == id && turn.Position >= position).ExecuteDeleteAsync(token);
            },
            cancellationToken);

    public Task<bool> RenameAsync(Actor actor, int id, string title, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) => await Own(context, actor, id)
                .ExecuteUpdateAsync(set => set.SetProperty(one => one.Title, title), token) == 1,
            cancellationToken);

    public Task<bool> DeleteAsync(Actor actor, int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) => await Own(context, actor, id).ExecuteDeleteAsync(token) == 1,
            cancellationToken);

    private static void Place(IReadOnlyList<ConversationTurn> turns, int next)
    {
        for (var index = 0; index < turns.Count; index++)
        {
            var beside = index > 0 && turns[index].Role == turns[index - 1].Role && turns[index].Column > turns[index - 1].Column;
            turns[index].Position = beside ? next - 1 : next++;
        }
    }

    private static IQueryable<Conversation> Own(LabDbContext context, Actor actor, int id)
    {
        actor.Demand(LabRight.Infer);
        var ownerId = actor.DemandId();
        return context.Conversations.Where(one => one.Id == id && one.OwnerId == ownerId);
    }

    private static async Task<Conversation> OwnAsync(LabDbContext context, Actor actor, int id, CancellationToken cancellationToken) =>
        await Own(context, actor, id).FirstOrDefaultAsync(cancellationToken)
        ?? throw new RecordNotFoundException("conversation", id);
}
