using R1Lab.Engine.Adapters;

namespace R1Lab.Engine.Tests.Adapters;

public sealed class LoraSettingsTests
{
    [Fact]
    public void Problems_Defaults_None() => Assert.Empty(new LoraSettings().Problems());

    [Fact]
    public void Problems_EverythingWrong_NamesEveryField()
    {
        var settings = new LoraSettings
        {
            R = 0,
            LoraAlpha = double.NaN,
            LoraDropout = 1,
            TargetModules = ["query_key_value"],
            RankPattern = new Dictionary<string, int> { ["q_proj"] = 0, ["("] = 4 },
            AlphaPattern = new Dictionary<string, double> { ["q_proj"] = -1 },
        };

        var problems = settings.Problems().ToList();

        Assert.Equal(
            ["lora.r", "lora.lora_alpha", "lora.lora_dropout", "lora.target_modules", "lora.rank_pattern", "lora.rank_pattern", "lora.alpha_pattern"],
            problems.Select(p => p.Field));
    }
}
