using Calls.Server.Mattermost;

namespace Calls.Server.Commands.Doctor;

/// <summary>Collects what the checks find and prints each line as it comes.</summary>
internal sealed class DoctorReport(TextWriter output)
{
    public int Failures { get; private set; }

    public int Warnings { get; private set; }

    public void Add(CheckLine line)
    {
        Failures += line.Level == CheckLevel.Failure ? 1 : 0;
        Warnings += line.Level == CheckLevel.Warning ? 1 : 0;
        string mark = line.Level switch
        {
            CheckLevel.Pass => "ok  ",
            CheckLevel.Warning => "warn",
            _ => "FAIL",
        };
        output.WriteLine($"{mark}  {line.Name}: {line.Text}");
    }

    public void Add(IEnumerable<CheckLine> lines)
    {
        foreach (CheckLine line in lines)
        {
            Add(line);
        }
    }

    public void Close() => output.WriteLine(
        (Failures, Warnings) switch
        {
            (0, 0) => "Everything is as it should be.",
            (0, _) => $"{Warnings} warning(s), nothing that keeps calls from working.",
            _ => $"{Failures} failure(s), {Warnings} warning(s).",
        });
}
