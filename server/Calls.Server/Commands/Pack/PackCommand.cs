using System.CommandLine;

namespace Calls.Server.Commands.Pack;

/// <summary><c>calls pack</c>: the bundle to upload to Mattermost, without a server part (mattermost-integration.md 5.1).</summary>
internal static class PackCommand
{
    public static Command Create()
    {
        var release = new Option<string?>("--release") { Description = "A compiled Calls release (folder or .tar.gz) whose web app and pages are taken over; without it web and desktop clients have no user interface for Calls." };
        var output = new Option<string>("--output") { Description = "The file to write.", DefaultValueFactory = static _ => "com.mattermost.calls.tar.gz" };
        var version = new Option<string>("--version") { Description = "Version of the bundle: higher than any that Mattermost ships, so that it does not replace it by one with a server part.", DefaultValueFactory = static _ => "99.0.0" };
        var keepsSecrets = new Option<bool>("--keep-secrets") { Description = "Leave settings marked as secret: then Mattermost does not tell them to the service, which needs them in its file or environment." };
        version.Validators.Add(static result =>
        {
            if (!PluginVersion.IsValid(result.GetValueOrDefault<string>()))
            {
                result.AddError("--version takes a semantic version without a v, such as 99.0.0.");
            }
        });

        var command = new Command("pack", "Makes the plugin bundle to upload to Mattermost.\n\nExample: calls pack --release mattermost-plugin-calls-v1.12.0.tar.gz --output calls.tar.gz") { release, output, version, keepsSecrets };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(release), parsed.GetValue(output)!, parsed.GetValue(version)!, parsed.GetValue(keepsSecrets), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? release, string output, string version, bool keepsSecrets, CancellationToken cancellation)
    {
        int files = await PluginBundle.WriteAsync(release, output, version, keepsSecrets, cancellation);
        Console.WriteLine($"""
            {output}: com.mattermost.calls {version}, {files} files, without a server part.

            Upload it:   mmctl plugin add --force {output}
            or put it into Mattermost's file store as plugins/com.mattermost.calls.tar.gz and restart Mattermost.
            {(release is null ? "It has no user interface for web and desktop: those need calls pack --release." : "Unpack the release on this machine and give its folder as BundlePath: desktop app and recorder get their pages from there.")}
            """);
        return ExitCode.Done;
    }
}
