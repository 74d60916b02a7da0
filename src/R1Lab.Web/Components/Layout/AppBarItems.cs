namespace R1Lab.Web.Components.Layout;

/// <summary>A small live component in the app bar, for example the chip of the running job. Registered as a singleton, shown in order.</summary>
public sealed record AppBarItem(Type Component, int Order);
