using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Models;

/// <summary>The models the lab knows, by unique name.</summary>
public sealed class ModelStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    /// <summary>Stores a new model; its id and time are set here.</summary>
    /// <exception cref="RecordConflictException">The name is taken.</exception>
    public Task<RegisteredModel> AddAsync(Actor actor, RegisteredModel model, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Train);
                await ModelNames.RefuseTakenAsync(context, model.Name, token);
                return await StoreAsync(context, actor, model, token);
            },
            cancellationToken);

    /// <summary>
    /// Stores a folder found on disk: a known path gets the new facts and keeps its name and id, an unknown one is added, its name
    /// made unique by a number where it is taken. Anybody may have the facts of a folder read again; only who may change the model can give it
    /// another base.
    /// </summary>
    public Task<RegisteredModel> RegisterFolderAsync(Actor actor, RegisteredModel model, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Train);
                if (await context.Models.FirstOrDefaultAsync(one => one.Path == model.Path, token) is { } known)
                {
                    (known.Family, known.ParameterCount, known.Dtype) = (model.Family, model.ParameterCount, model.Dtype);
                    (known.Kind, known.Fingerprint) = (known.Kind == ModelKind.Full ? ModelKind.Full : model.Kind, model.Fingerprint);
                    if (actor.MayChange(known.OwnerId)) known.BaseModelId = model.BaseModelId ?? known.BaseModelId;
                    if (context.ChangeTracker.HasChanges()) context.Audit(actor, time.Now(), AuditActions.ModelRegister, Subject(known), known.Path);
                    await context.SaveChangesAsync(token);
                    return known;
                }

                model.Name = await ModelNames.FreeAsync(context, model.Name, token);
                return await StoreAsync(context, actor, model, token);
            },
            cancellationToken);

    /// <summary>By name.</summary>
    public async Task<IReadOnlyList<RegisteredModel>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Models.AsNoTracking().OrderBy(model => model.Name).ToListAsync(cancellationToken);
    }

    public async Task<RegisteredModel?> GetAsync(int id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Models.AsNoTracking().FirstOrDefaultAsync(model => model.Id == id, cancellationToken);
    }

    public async Task<RegisteredModel?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Models.AsNoTracking().FirstOrDefaultAsync(model => model.Name == name, cancellationToken);
    }

    public async Task<RegisteredModel?> FindByPathAsync(string path, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Models.AsNoTracking().FirstOrDefaultAsync(model => model.Path == path, cancellationToken);
    }

    /// <summary>The adapters that sit on a model, oldest first.</summary>
    public async Task<IReadOnlyList<RegisteredModel>> AdaptersAsync(int baseModelId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Models.AsNoTracking().Where(model => model.BaseModelId == baseModelId)
            .OrderBy(model => model.Id).ToListAsync(cancellationToken);
    }

    /// <exception cref="RecordConflictException">The name is taken.</exception>
    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task<bool> RenameAsync(Actor actor, int id, string name, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (await OwnedAsync(context, actor, id, token) is not { } model) return false;
                if (model.Name == name) return true;
                await ModelNames.RefuseTakenAsync(context, name, token);
                context.Audit(actor, time.Now(), AuditActions.ModelRename, Subject(model), name);
                model.Name = name;
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    /// <summary>Forgets a model; its files stay.</summary>
    /// <exception cref="RecordConflictException">Adapters sit on it.</exception>
    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task<bool> RemoveAsync(Actor actor, int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (await OwnedAsync(context, actor, id, token) is not { } model) return false;
                if (await context.Models.FirstOrDefaultAsync(one => one.BaseModelId == id, token) is { } adapter)
                    throw new RecordConflictException($"The adapter \"{adapter.Name}\" sits on this model; remove it first.");
                context.Audit(actor, time.Now(), AuditActions.ModelRemove, Subject(model), model.Path);
                context.Remove(model);
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    private async Task<RegisteredModel> StoreAsync(LabDbContext context, Actor actor, RegisteredModel model, CancellationToken cancellationToken)
    {
        if (!actor.IsSystem) (model.OwnerId, model.OwnerName) = (actor.Id, actor.Name);
        model.CreatedAt = time.Now();
        context.Add(model);
        context.Audit(actor, time.Now(), AuditActions.ModelRegister, $"model {model.Name}", model.Path);
        await context.SaveChangesAsync(cancellationToken);
        return model;
    }

    private static async Task<RegisteredModel?> OwnedAsync(LabDbContext context, Actor actor, int id, CancellationToken cancellationToken)
    {
        actor.Demand(LabRight.Train);
        var model = await context.Models.FirstOrDefaultAsync(one => one.Id == id, cancellationToken);
        if (model is not null) actor.DemandOwner($"model {model.Name}", model.OwnerId, model.OwnerName);
        return model;
    }

    private static string Subject(RegisteredModel model) => $"model {model.Id} {model.Name}";
}
