using R1Lab.Engine.Training;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>What a fix did to the form.</summary>
/// <param name="Before">The recipe to go back to.</param>
/// <param name="Changes">The settings that it changed: before, after.</param>
public sealed record AppliedFix(TrainingRecipe Before, IReadOnlyList<ComparedSetting> Changes);
