namespace R1Lab.Engine.Training.Reporting;

/// <summary>One measured number.</summary>
/// <param name="Key">Its name, see <see cref="MetricKeys"/>.</param>
/// <param name="Value">In the unit of its <see cref="MetricDefinition"/>; may be infinite or not a number, as measured.</param>
public readonly record struct Metric(string Key, double Value);
