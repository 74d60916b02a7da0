using System.Text.Json.Serialization;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>The texts a recipe can be read from and written as.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<RecipeFormat>))]
public enum RecipeFormat { LlamaFactory, Axolotl, Trl }

/// <summary>
/// What became of a value on its way: carried with the same meaning, taken with another value, left out, or not in the text at all so that the
/// other tool's own default was taken.
/// </summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<Carriage>))]
public enum Carriage { Carried, Changed, NotCarried, Defaulted }

/// <summary>One value of a recipe that was imported or exported.</summary>
/// <param name="Name">Its name in the other tool's words; on export the recipe's own where the other tool has none.</param>
/// <param name="Value">The value as text; hidden where the name says it is a secret.</param>
/// <param name="Field">The recipe's field, for example <c>lora.r</c>; null where there is none.</param>
/// <param name="Line">Where it stands in the imported text, from 1.</param>
/// <param name="Reason">Why it was changed or left out; null for what was simply carried.</param>
public sealed record CarriedValue(Carriage Kind, string Name, string Value, string? Field = null, int? Line = null, Problem? Reason = null);

/// <summary>A recipe read from another tool's text. Its model and dataset are names as they stand there; the lab may know them by others.</summary>
/// <param name="Values">Every value of the text, in its order, then the defaults that were taken.</param>
public sealed record ImportedRecipe(TrainingRecipe Recipe, RecipeFormat Format, IReadOnlyList<CarriedValue> Values);

/// <summary>A recipe as another tool's text.</summary>
/// <param name="Values">What the text could not say, or says with another value.</param>
public sealed record ExportedRecipe(string Text, IReadOnlyList<CarriedValue> Values);
