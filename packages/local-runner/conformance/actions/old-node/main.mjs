console.log('never run')
