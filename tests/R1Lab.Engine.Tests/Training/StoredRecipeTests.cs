using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Training;

/// <summary>Hashes, snapshots and receipts of earlier runs hold recipes as text: it stays the same to the byte.</summary>
public sealed class StoredRecipeTests
{
    [Fact]
    public void Texts_OfEveryKindOfRecipe_AreTheSameToTheByte() => Assert.Equal(Golden("texts.txt"), StoredRecipes.Texts());

    [Fact]
    public void Texts_ReadAgain_AreTheSameRecipes()
    {
        var texts = Golden("texts.txt").Select(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..])
            .Select(text => text.Replace("\\n", "\n", StringComparison.Ordinal));

        // Three texts of each recipe; the first is the one that is stored.
        Assert.All(texts.Chunk(3), same => Assert.All(same, text => Assert.Equal(same[0], TrainingRecipe.Parse(text, out _)!.ToJson())));
    }

    [Fact]
    public void Problems_OfValuesAtAndBeyondTheirBounds_AreTheSame() => Assert.Equal(Golden("problems.txt"), StoredRecipes.Problems());

    private static string[] Golden(string name) => File.ReadAllLines(Path.Combine(StoredRecipes.Folder, name));
}
