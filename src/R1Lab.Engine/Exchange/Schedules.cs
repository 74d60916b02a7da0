using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Learning rate schedules and their numbers, by transformers' names.</summary>
internal static class Schedules
{
    public static void Read(RecipeDraft draft, Setting setting)
    {
        if (setting.Value?.GetValueKind() == JsonValueKind.String && SnakeCase.Parse<SchedulerType>(setting.Value.GetValue<string>()) is not null) draft.Carry(setting, "lr_scheduler_type");
        else if (setting.Value is null && setting.Computed is null) draft.Accept(setting);
        else draft.Change(setting, "lr_scheduler_type", "cosine", Reasons.Replaced(setting, "cosine"));
    }

    /// <summary>The schedule's own numbers, a map or a map written as text.</summary>
    public static void ReadSettings(RecipeDraft draft, Setting setting)
    {
        if (setting.Value is null)
        {
            draft.Accept(setting);
            return;
        }

        if (Map(setting.Value) is not { } map)
        {
            draft.Leave(setting, Reasons.WrongForm(setting));
            return;
        }

        foreach (var (name, value) in map)
        {
            var one = setting with { Name = $"lr_scheduler_kwargs.{name}", Value = value?.DeepClone() };
            if (name is "num_cycles" or "min_lr" or "min_lr_rate" or "lr_end" or "power" or "timescale") draft.Carry(one, one.Name);
            else draft.Leave(one, Reasons.Unknown(one));
        }
    }

    /// <summary>The numbers the recipe's schedule takes; others would be refused there. Null when there are none.</summary>
    public static JsonObject? Write(TrainingRecipe recipe)
    {
        var (settings, map) = (recipe.LrSchedulerKwargs, new JsonObject());
        if (recipe.LrSchedulerType is SchedulerType.Cosine or SchedulerType.CosineWithRestarts or SchedulerType.CosineWithMinLr && settings.NumCycles is { } cycles) map["num_cycles"] = cycles;
        if (recipe.LrSchedulerType == SchedulerType.CosineWithMinLr)
        {
            // One of the two is taken, and both are refused.
            if (settings.MinLrRate is { } share) map["min_lr_rate"] = share;
            else if (settings.MinLr is { } least) map["min_lr"] = least;
        }

        if (recipe.LrSchedulerType == SchedulerType.Polynomial) (map["lr_end"], map["power"]) = (settings.LrEnd, settings.Power);
        if (recipe.LrSchedulerType == SchedulerType.InverseSqrt && settings.Timescale is { } scale) map["timescale"] = scale;
        return map.Count > 0 ? map : null;
    }

    private static JsonObject? Map(JsonNode value)
    {
        if (value is JsonObject map) return map;
        try
        {
            return value.GetValueKind() == JsonValueKind.String ? JsonNode.Parse(value.GetValue<string>()) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
