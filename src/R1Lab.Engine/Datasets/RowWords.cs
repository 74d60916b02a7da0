using System.ComponentModel;

namespace R1Lab.Engine.Datasets;

/// <summary>What a JSON value is, as reasons for bad lines call it.</summary>
public enum JsonKind
{
    [Description("null")]
    Null,

    [Description("a number")]
    Number,

    [Description("a list")]
    List,

    [Description("an object")]
    Object,

    [Description("text")]
    Text,

    [Description("true or false")]
    Boolean,
}

/// <summary>What a field of a row holds that the lab cannot learn yet.</summary>
public enum UnreadContent
{
    [Description("tool definitions")]
    ToolDefinitions,

    [Description("tool calls")]
    ToolCalls,

    [Description("images")]
    Images,

    [Description("videos")]
    Videos,

    [Description("sound")]
    Sound,

    [Description("preferred answers")]
    PreferredAnswers,

    [Description("rejected answers")]
    RejectedAnswers,

    [Description("settings of the chat template")]
    TemplateSettings,

    [Description("documents for the chat template")]
    Documents,
}
