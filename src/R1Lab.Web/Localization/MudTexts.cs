using Microsoft.Extensions.Localization;
using MudBlazor;

namespace R1Lab.Web.Localization;

/// <summary>MudBlazor's own texts in the visitor's language, from MudTexts.resx and MudTexts.zh-CN.resx.</summary>
public sealed class MudTexts(IStringLocalizer<MudTexts> texts) : MudLocalizer
{
    public override LocalizedString this[string key] => texts[key];

    public override LocalizedString this[string key, params object[] arguments] => texts[key, arguments];
}
