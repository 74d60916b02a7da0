using System.Text.Json;
using R1Lab.Data.Access;

namespace R1Lab.Web.Training;

/// <summary>The queue's switches, kept over restarts.</summary>
public sealed class QueueSwitches(SettingsStore settings)
{
    private const string HoldKey = "queue.hold";
    private const string ContinueKey = "queue.continue_on_error";
    private const string Off = "off";

    public async Task<QueueHold?> HoldAsync(CancellationToken cancellationToken = default) =>
        await settings.GetAsync(HoldKey, cancellationToken) is { } stored ? JsonSerializer.Deserialize<QueueHold>(stored) : null;

    public Task SetHoldAsync(Actor actor, QueueHold? hold, CancellationToken cancellationToken = default) =>
        settings.SetAsync(
            actor, HoldKey, hold is null ? null : JsonSerializer.Serialize(hold), hold is null ? AuditActions.QueueGoOn : AuditActions.QueueHold, cancellationToken: cancellationToken);

    public async Task<bool> ContinuesOnErrorAsync(CancellationToken cancellationToken = default) => await settings.GetAsync(ContinueKey, cancellationToken) != Off;

    public Task SetContinuesOnErrorAsync(Actor actor, bool continues, CancellationToken cancellationToken = default) =>
        settings.SetAsync(actor, ContinueKey, continues ? null : Off, AuditActions.QueueContinue, continues ? "on" : "off", cancellationToken);
}
