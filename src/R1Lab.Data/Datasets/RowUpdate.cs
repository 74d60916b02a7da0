namespace R1Lab.Data.Datasets;

/// <summary>What became of a change to a row.</summary>
public enum RowUpdate
{
    /// <summary>The row was deleted meanwhile.</summary>
    Missing,

    /// <summary>It says the same already; the dataset keeps its version.</summary>
    Unchanged,

    /// <summary>The dataset has a new version.</summary>
    Saved,
}
