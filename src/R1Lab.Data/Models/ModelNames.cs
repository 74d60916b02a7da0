using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Models;

/// <summary>The names by which something can be asked: registered models and remote endpoints share them.</summary>
internal static class ModelNames
{
    /// <exception cref="RecordConflictException">The name is taken.</exception>
    public static async Task RefuseTakenAsync(LabDbContext context, string name, CancellationToken cancellationToken)
    {
        if (await context.Models.AnyAsync(model => model.Name == name, cancellationToken))
            throw new RecordConflictException($"There is a model named \"{name}\" already.");
        if (await context.RemoteEndpoints.AnyAsync(endpoint => endpoint.Name == name, cancellationToken))
            throw new RecordConflictException($"There is a remote endpoint named \"{name}\" already.");
    }

    /// <summary>The wanted name, with a number where it is taken.</summary>
    public static async Task<string> FreeAsync(LabDbContext context, string wanted, CancellationToken cancellationToken)
    {
        var name = wanted;
        for (var number = 2; await IsTakenAsync(context, name, cancellationToken); number++) name = $"{wanted}-{number}";
        return name;
    }

    private static async Task<bool> IsTakenAsync(LabDbContext context, string name, CancellationToken cancellationToken) =>
        await context.Models.AnyAsync(model => model.Name == name, cancellationToken)
        || await context.RemoteEndpoints.AnyAsync(endpoint => endpoint.Name == name, cancellationToken);
}
