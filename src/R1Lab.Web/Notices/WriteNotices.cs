using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes who made the packages that a publish carries and under which licences, from what the restore resolved. A licence whose text is
/// neither in the package nor in the folder of licences fails the publish.
/// </summary>
public sealed class WriteNotices : Task
{
    private static readonly Regex Package = new Regex("\"([^\"/]+)/([^\"/]+)\":\\s*\\{[^{}]*?\"type\":\\s*\"package\",[^{}]*?\"path\":\\s*\"([^\"]+)\"");
    private static readonly Regex LegalFile = new Regex("^(licen[cs]e|notice|copying|third.?party)", RegexOptions.IgnoreCase);
    private const string Rule = "================================================================================";

    [Required]
    public string AssetsFile { get; set; }

    [Required]
    public string PackagesFolder { get; set; }

    [Required]
    public string LicensesFolder { get; set; }

    [Required]
    public string BundledFile { get; set; }

    [Required]
    public string Target { get; set; }

    public override bool Execute()
    {
        var text = new StringBuilder("R1Lab carries the following work of others, with thanks.\n\n");
        var licences = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Match match in Package.Matches(File.ReadAllText(AssetsFile)))
            Append(text, licences, match.Groups[1].Value, match.Groups[2].Value, Path.Combine(PackagesFolder, match.Groups[3].Value));
        text.Append(Rule).Append('\n').Append(File.ReadAllText(BundledFile)).Append('\n');
        foreach (var licence in licences) text.Append(Rule).Append('\n').Append(File.ReadAllText(TextOf(licence))).Append('\n');
        if (Log.HasLoggedErrors) return false;
        Directory.CreateDirectory(Path.GetDirectoryName(Target));
        File.WriteAllText(Target, text.Replace("\r\n", "\n").ToString());
        return true;
    }

    private void Append(StringBuilder text, ISet<string> licences, string name, string version, string folder)
    {
        var about = File.ReadAllText(Directory.GetFiles(folder, "*.nuspec").Single());
        var licence = Field(about, "license");
        text.Append(Rule).Append('\n').Append(name).Append(' ').Append(version).Append('\n');
        text.Append(Field(about, "copyright") ?? "Copyright (c) " + Field(about, "authors")).Append('\n');
        text.Append(Field(about, "projectUrl")).Append("\nLicence: ").Append(licence).Append("\n\n");
        var legal = Directory.GetFiles(folder).Where(file => LegalFile.IsMatch(Path.GetFileName(file))).OrderBy(file => file, StringComparer.Ordinal).ToList();
        foreach (var file in legal) text.Append(File.ReadAllText(file)).Append('\n');
        if (licence != null && File.Exists(TextOf(licence))) licences.Add(licence);
        else if (legal.Count == 0) Log.LogError("The licence '{0}' of the package {1} is not known. Put its text into {2}.", licence, name, LicensesFolder);
    }

    private string TextOf(string licence)
    {
        return Path.Combine(LicensesFolder, licence + ".txt");
    }

    private static string Field(string about, string name)
    {
        var match = Regex.Match(about, "<" + name + "(?:\\s[^>]*)?>([^<]+)</" + name + ">");
        return match.Success ? match.Groups[1].Value.Trim() : null;
    }
}
