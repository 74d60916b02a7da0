using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Models;

/// <summary>The models the lab knows, by unique name.</summary>
public sealed class ModelStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    /// <summary>Stores a new model; its id and time are set here.</summary>
    /// <exception cref="RecordConflictException">The name is taken.</exception>
    public Task<RegisteredModel> AddAsync(RegisteredModel model, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) =>
            {
                await RefuseTakenNameAsync(context, model.Name, token);
                model.CreatedAt = time.Now();
                context.Add(model);
                await context.SaveChangesAsync(token);
                return model;
            },
            cancellationToken);

    /// <summary>
    /// Stores a folder found on disk: a known path gets the new facts and keeps its name and id, an unknown one is added, its name
    /// made unique by a number where it is taken.
    /// </summary>
    public Task<RegisteredModel> RegisterFolderAsync(RegisteredModel model, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) =>
            {
                if (await context.Models.FirstOrDefaultAsync(one => one.Path == model.Path, token) is { } known)
                {
                    (known.Family, known.ParameterCount, known.Dtype) = (model.Family, model.ParameterCount, model.Dtype);
                    (known.Kind, known.Fingerprint) = (known.Kind == ModelKind.Full ? ModelKind.Full : model.Kind, model.Fingerprint);
                    known.BaseModelId = model.BaseModelId ?? known.BaseModelId;
                    await context.SaveChangesAsync(token);
                    return known;
                }

                model.Name = await FreeNameAsync(context, model.Name, token);
                model.CreatedAt = time.Now();
                context.Add(model);
                await context.SaveChangesAsync(token);
                return model;
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
    public Task<bool> RenameAsync(int id, string name, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) =>
            {
                if (await context.Models.FirstOrDefaultAsync(model => model.Id == id, token) is not { } model) return false;
                if (model.Name != name) await RefuseTakenNameAsync(context, name, token);
                model.Name = name;
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    /// <summary>Forgets a model; its files stay.</summary>
    /// <exception cref="RecordConflictException">Adapters sit on it.</exception>
    public Task<bool> RemoveAsync(int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) =>
            {
                if (await context.Models.FirstOrDefaultAsync(model => model.BaseModelId == id, token) is { } adapter)
                    throw new RecordConflictException($"The adapter \"{adapter.Name}\" sits on this model; remove it first.");
                return await context.Models.Where(model => model.Id == id).ExecuteDeleteAsync(token) == 1;
            },
            cancellationToken);

    private static async Task RefuseTakenNameAsync(LabDbContext context, string name, CancellationToken cancellationToken)
    {
        if (await context.Models.AnyAsync(model => model.Name == name, cancellationToken))
            throw new RecordConflictException($"There is a model named \"{name}\" already.");
    }

    private static async Task<string> FreeNameAsync(LabDbContext context, string wanted, CancellationToken cancellationToken)
    {
        var name = wanted;
        for (var number = 2; await context.Models.AnyAsync(model => model.Name == name, cancellationToken); number++) name = $"{wanted}-{number}";
        return name;
    }
}
