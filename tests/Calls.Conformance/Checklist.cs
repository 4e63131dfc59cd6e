using System.Text.RegularExpressions;

namespace Calls.Conformance;

/// <summary>One numbered statement that an implementation must make true.</summary>
internal sealed record ChecklistItem(string Id, string Heading, string Statement);

/// <summary>The items of one document, read from <c>checklists/NAME.txt</c>: headings, and lines <c>N. statement</c>.</summary>
internal sealed partial record Checklist(string Name, IReadOnlyList<ChecklistItem> Items)
{
    public static Checklist Read(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        var items = new List<ChecklistItem>();
        string heading = "";
        foreach (string line in File.ReadLines(path))
        {
            Match item = NumberedLine().Match(line);
            if (item.Success)
            {
                items.Add(new($"{name}-{item.Groups[1].Value}", heading, item.Groups[2].Value));
            }
            else if (line.Length > 0 && line.Length < 60 && !line.EndsWith('.') && !line.EndsWith(':'))
            {
                heading = line;
            }
        }

        return new(name, items);
    }

    [GeneratedRegex(@"^(\d+)\. (.+)$")]
    private static partial Regex NumberedLine();
}
