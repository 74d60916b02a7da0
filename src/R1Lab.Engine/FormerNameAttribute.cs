namespace R1Lab.Engine;

/// <summary>The name that an enum value had in stored JSON of earlier versions. It is read, and never written or offered.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class FormerNameAttribute(string name) : Attribute
{
    public string Name => name;
}
