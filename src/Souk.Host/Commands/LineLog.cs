namespace Souk.Host.Commands;

/// <summary>Shows what a routine logs as the steps of a command.</summary>
internal sealed class LineLog(Terminal terminal) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) terminal.Step(formatter(state, exception));
    }
}
