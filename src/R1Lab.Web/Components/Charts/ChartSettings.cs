namespace R1Lab.Web.Components.Charts;

public enum ChartAxis { Step, Time, Tokens }

/// <summary>What the toolbar above the charts sets.</summary>
/// <param name="Smoothing">Weight of the moving average, 0 to 0.99.</param>
/// <param name="LogScale">Losses on a logarithmic axis.</param>
/// <param name="Axis">Optimizer steps, minutes since the run began, or tokens seen.</param>
public sealed record ChartSettings(double Smoothing = 0.6, bool LogScale = false, ChartAxis Axis = ChartAxis.Step);
