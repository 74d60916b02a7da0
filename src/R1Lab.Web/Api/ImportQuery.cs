using Microsoft.AspNetCore.Mvc;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Web.Uploads;

namespace R1Lab.Web.Api;

/// <summary>How a file shall become a dataset, from the query string.</summary>
public sealed record ImportQuery(
    [FromQuery(Name = "name")] string? Name,
    [FromQuery(Name = "format")] string? Format,
    [FromQuery(Name = "skip_bad")] bool? SkipBad,
    [FromQuery(Name = "check_only")] bool? CheckOnly = null)
{
    private const int LongestName = 200;

    /// <exception cref="ApiFieldException">A value cannot be used.</exception>
    public ImportSettings Settings(string? otherName)
    {
        var name = Name ?? otherName;
        if (string.IsNullOrWhiteSpace(name)) throw new ApiFieldException("name", "name is missing: say what the dataset is called.");
        if (name.Length > LongestName || name.Any(char.IsControl)) throw new ApiFieldException("name", $"name must have at most {LongestName} characters and no control characters.");
        var format = Format is null ? DatasetFormat.Auto
            : DatasetFormatNames.Parse(Format) ?? throw new ApiFieldException("format", $"format '{Format}' is not known; use {string.Join(", ", SnakeCase.Names<DatasetFormat>())}.");
        return new ImportSettings(name.Trim(), format, SkipBad ?? false) { CheckOnly = CheckOnly ?? false };
    }
}
