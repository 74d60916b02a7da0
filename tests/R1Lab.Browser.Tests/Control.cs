using Microsoft.Playwright;

namespace R1Lab.Browser.Tests;

/// <summary>One control of a page, as <c>controls.js</c> lists it.</summary>
internal sealed record Control
{
    /// <summary>The page, dialog or menu, the role and the name.</summary>
    public required string Key { get; init; }

    /// <summary>Marks the control on the page until the next list.</summary>
    public required int Place { get; init; }

    public required string Role { get; init; }

    /// <summary>"ready", "disabled", or "chosen": the one of a group that another choice has to free first.</summary>
    public required string State { get; init; }

    /// <summary>A value to enter or choose; null where there is none but the present.</summary>
    public string? Sample { get; init; }

    /// <summary>Where a link leads.</summary>
    public string? Address { get; init; }

    public bool IsDownload { get; init; }

    /// <summary>The id of the element whose text the control copies.</summary>
    public string? Copies { get; init; }

    /// <summary>Its value belongs to what its dialog sends.</summary>
    public bool IsField => Role is "textbox" or "spinbutton" or "file" or "searchbox";

    public ILocator On(IPage page) => page.Locator($"[data-control='{Place}']");
}

/// <summary>The topmost menu, dialog or page with its controls.</summary>
internal sealed record ControlLayer
{
    public required string Name { get; init; }

    public required Control[] Controls { get; init; }

    /// <summary>What shows a hand to the mouse, and has nothing in it for keys.</summary>
    public required string[] MouseOnly { get; init; }
}
