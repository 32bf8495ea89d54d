using System.CommandLine;
using Souk.Host.Commands;

var souk = new RootCommand("""
    Souk: a headless shop over PostgreSQL.

    Every setting can be given in four places; the first that says it wins: the option (--port 8080), the variable (SOUK_PORT=8080),
    souk.json in the current folder ({ "port": 8080 }), the default.
    """)
{
    Up.Command(),
    Demo.Command(),
    Doctor.Command(),
    Migrate.Command(),
    Import.Command(),
    Audit.Command(),
    Serve.Command(),
    Souk.Host.Commands.OpenApi.Command(),
};

return await CommandLine.RunAsync(souk, args is [] ? ["--help"] : args);
