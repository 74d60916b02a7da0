using R1Lab.Data.Runs;

namespace R1Lab.Web.Components.Pages;

/// <summary>What the overview shows: how far the circle has come, and what happens now.</summary>
/// <param name="Steps">The stations of the circle, in order.</param>
/// <param name="Current">The run that holds the device.</param>
/// <param name="Queued">Runs that wait for it.</param>
/// <param name="WaitingRatings">Items this visitor can still rate.</param>
public sealed record LabFigures(IReadOnlyList<LabStep> Steps, Run? Current, int Queued, int WaitingRatings);

/// <summary>One station; it is done when there is at least one of its things.</summary>
/// <param name="Name">Key of its texts.</param>
/// <param name="Href">Where it is done.</param>
public sealed record LabStep(string Name, int Count, string Href);
