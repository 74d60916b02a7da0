using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>The calls whose arguments count where a script has several of a kind: one training is imported, not a mixture of two.</summary>
internal static class ChosenCalls
{
    private static readonly Func<string, bool>[] Kinds = [PythonCalls.IsArguments, owner => owner == "LoraConfig", owner => owner == "BitsAndBytesConfig"];

    /// <summary>The settings without those of calls that another of the same kind was chosen over; only that they are there is left of these.</summary>
    public static IReadOnlyList<Setting> Of(IReadOnlyList<Setting> settings)
    {
        var left = new HashSet<int>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var kind in Kinds)
        {
            var calls = settings.Where(setting => setting.Name == PythonSettings.CallMark && !setting.AfterTraining && kind(setting.Owner!)).ToList();
            if (calls.Count < 2) continue;
            var used = UsedFirst(settings, [.. calls.Select(call => call.Call)]);
            var chosen = calls.Find(call => call.Call == used) ?? calls[0];
            foreach (var call in calls.Where(call => call.Call != chosen.Call))
            {
                left.Add(call.Call);
                if (call.Target is { } target && target != chosen.Target) names.Add(target);
            }
        }

        return [.. settings.Where(setting => !IsOf(setting, left, names)).Select(setting => setting.Name == PythonSettings.CallMark && left.Contains(setting.Call) ? setting with { Name = PythonSettings.SecondMark } : setting)];
    }

    // args=second, or a value that is set afterwards: second.learning_rate = 1e-4.
    private static bool IsOf(Setting setting, HashSet<int> calls, HashSet<string> names) =>
        setting.Name != PythonSettings.CallMark && (calls.Contains(setting.Call) && setting.Name != PythonSettings.ClassMark || setting.Call == 0 && setting.Target is { } target && names.Contains(target));

    // The call that a trainer or a model is given first, by its name or in place.
    private static int? UsedFirst(IReadOnlyList<Setting> settings, HashSet<int> calls)
    {
        var named = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var setting in settings)
        {
            if (setting.Name == PythonSettings.CallMark && calls.Contains(setting.Call))
            {
                if (setting.Within is not null) return setting.Call;
                if (setting.Target is { } target) named[target] = setting.Call;
            }
            else if (setting.Computed is { } name && setting.Call != 0 && named.TryGetValue(name, out var call))
            {
                return call;
            }
        }

        return null;
    }
}
