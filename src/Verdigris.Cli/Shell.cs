using System.CommandLine;
using System.Runtime.InteropServices;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cli;

/// <summary>
/// How every verb ends: 0 done; 1 what was checked does not hold; 2 the command or its surroundings are wrong, said in one line on standard error; 130 interrupted.
/// </summary>
static class Shell
{
    public const int Done = 0, DoesNotHold = 1, Wrong = 2, Interrupted = 130;

    public static async Task<int> Run(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0) return Fail(parsed.Errors[0].Message + " See verdigris --help. / 命令有误，请参阅 verdigris --help。");
        try
        {
            // The host handles signals itself; everything else ends at once.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (RulePackException broken)
        {
            foreach (var fault in broken.Faults) Console.Error.WriteLine(fault);
            return Wrong;
        }
        catch (OperationCanceledException) { return Interrupted; }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or DirectoryNotFoundException)
        {
            return Fail(fault.Message);
        }
    }

    /// <summary>Runs what must put things back when it is interrupted: Ctrl-C and SIGTERM cancel it and it ends by itself.</summary>
    public static async Task<int> UntilSignal(Func<CancellationToken, Task<int>> work)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return await work(stop.Token);

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>One line on standard error; the exit code for it.</summary>
    public static int Fail(string message)
    {
        Console.Error.WriteLine("verdigris: " + message.ReplaceLineEndings(" "));
        return Wrong;
    }

    /// <summary>The words of a refusal in both languages.</summary>
    public static int Fail(Refusal refusal) => Fail(Messages.Of(refusal, "en") + " / " + Messages.Of(refusal, "zh"));
}
